"""Everything that one endpoint becomes."""

from catalog.endpoint import Endpoint, Tenant
from catalog.environment import Environment
from catalog.objects import Object
from catalog.render.cache import cache_objects
from catalog.render.door import endpoint_door
from catalog.render.examples import example_objects
from catalog.render.graph import inference_graph
from catalog.render.inference import inference_service
from catalog.render.llm import llm_inference_service
from catalog.render.scaling import scaling_objects
from catalog.render.secrets import endpoint_secrets
from catalog.render.slo import slo_rules


def render_endpoint(endpoint: Endpoint, tenant: Tenant, env: Environment) -> list[Object]:
    """The objects of one endpoint, in the order in which they are to be applied."""
    return [
        *endpoint_secrets(endpoint, tenant),
        *cache_objects(endpoint, tenant),
        *example_objects(endpoint, tenant),
        _workload(endpoint, tenant, env),
        *scaling_objects(endpoint, tenant),
        *endpoint_door(endpoint, tenant, env),
        *slo_rules(endpoint, tenant),
    ]


def _workload(endpoint: Endpoint, tenant: Tenant, env: Environment) -> Object:
    if endpoint.kind == "graph":
        return inference_graph(endpoint, tenant)
    if endpoint.kind == "llm":
        return llm_inference_service(endpoint, tenant, env)
    return inference_service(endpoint, tenant)
