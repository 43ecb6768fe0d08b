"""Everything that a project has before its first endpoint: namespace, limits, walls and a door."""

from catalog.endpoint import Tenant
from catalog.environment import Environment
from catalog.objects import Object
from catalog.render.door import tenant_door
from catalog.render.namespace import namespace_objects
from catalog.render.network import network_objects
from catalog.render.quota import quota_objects
from catalog.render.secrets import hub_secret
from catalog.render.slo import dashboard, pod_monitor


def render_tenant(tenant: Tenant, env: Environment) -> list[Object]:
    """The objects of a namespace, in the order in which they are to be applied."""
    return [
        *namespace_objects(tenant),
        *quota_objects(tenant),
        *network_objects(tenant, env),
        *hub_secret(tenant),
        *tenant_door(tenant, env),
        pod_monitor(tenant),
        dashboard(tenant),
    ]
