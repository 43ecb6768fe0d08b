"""The taint that keeps pods off a new node until the mesh's CNI runs on it.

Karpenter sets it on every node that it launches; istiod takes it away when `istio-cni` is ready
there, with its chart's `taint.enabled` (istio 1.30 `manifests/charts/istio-control/istio-discovery/
values.yaml`, where this key is the default and where istiod itself tolerates it). A pod of the mesh
that started before would talk past the mesh.
"""

from typing import Final

from catalog.node_pools import Taint

NOT_READY: Final = Taint("cni.istio.io/not-ready", "true", "NoSchedule")
