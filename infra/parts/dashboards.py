"""The platform's own dashboards, beside those that every tenant has (`catalog.render.slo`)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from catalog.objects import Object
from catalog.render.slo import panel
from infra.parts.common import metadata
from infra.parts.observability import MONITORING

Panel: TypeAlias = tuple[str, str, list[tuple[str, str]]]
"""Its title, Grafana's unit, and each query with its legend; the legend stands first."""

ENDPOINTS: Final = 'envoy_cluster_name=~"httproute/.*"'
DOOR: Final = 'job="monitoring/envoy-proxy",envoy_http_conn_manager_prefix=~"https?-.*"'
PER: Final = "[$__rate_interval]"
TEAM_OF: Final = (
    "* on (namespace) group_left (label_slipway_dev_team) "
    'max by (namespace, label_slipway_dev_team) (kube_namespace_labels{label_slipway_dev_team!=""})'
)
"""OpenCost tells the labels of namespaces; kube-state-metrics is told to tell none."""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard; its name is its identifier in Grafana and so in links."""

    name: str
    title: str
    panels: Sequence[Panel]


def _of_endpoints(metric: str, more: str = "") -> str:
    return f"sum by (envoy_cluster_name) (rate({metric}{{{ENDPOINTS}{more}}}{PER}))"


def _answered(quantile: float) -> str:
    buckets = f"sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{{{ENDPOINTS}}}{PER}))"
    return f"histogram_quantile({quantile}, {buckets})"


def _hourly(amount: str, price: str, scale: str = "") -> str:
    """Dollars an hour that each team's containers hold, used or not."""
    per_node = f"on (node) group_left () max by (node) ({price})"
    held = f"sum by (namespace) ({amount}{scale} * {per_node})"
    return f"sum by (label_slipway_dev_team) ({held} {TEAM_OF})"


_TEAM: Final = "{{label_slipway_dev_team}}"
_ROUTE: Final = "{{envoy_cluster_name}}"
_POOL: Final = "{{nodepool}}"
_GPU: Final = "{{namespace}}/{{pod}} GPU {{gpu}}"

BOARDS: Final = (
    Board("slipway-inference", "Inference: all endpoints", (
        ("Requests a second", "reqps",
         [(_ROUTE, f"topk(20, {_of_endpoints('envoy_cluster_upstream_rq_total')})")]),
        ("Share of server errors", "percentunit", [(_ROUTE, "topk(20, " + _of_endpoints(
            "envoy_cluster_upstream_rq_xx", ',envoy_response_code_class="5"')
            + " / " + _of_endpoints("envoy_cluster_upstream_rq_xx") + ")")]),
        ("Time to answer, all endpoints", "ms",
         [("p50", _answered(0.5)), ("p90", _answered(0.9)), ("p99", _answered(0.99))]),
        ("Share of an hour's requests that broke the promise", "percentunit", [
            ("{{namespace}}/{{endpoint}} errors", "topk(20, slipway:errors:ratio_rate1h)"),
            ("{{namespace}}/{{endpoint}} slow", "topk(20, slipway:slow:ratio_rate1h)")]),
        ("Requests that wait in vLLM", "none",
         [("{{namespace}}/{{pod}}", "sum by (namespace, pod) (vllm:num_requests_waiting)")]),
        ("KV cache in use", "percentunit",
         [("{{namespace}}/{{pod}}", "max by (namespace, pod) (vllm:kv_cache_usage_perc)")]),
    )),
    Board("slipway-gpu", "Nodes and GPUs", (
        ("GPUs", "none", [
            ("bought", "count(DCGM_FI_DEV_GPU_UTIL)"),
            ("in use", 'count(DCGM_FI_DEV_GPU_UTIL{pod!=""})')]),
        ("Share of time in which kernels ran", "percent", [(_GPU, "DCGM_FI_DEV_GPU_UTIL")]),
        ("Tensor cores at work", "percentunit", [(_GPU, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE")]),
        ("GPU memory in use", "percentunit", [
            (_GPU, "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)")]),
        ("Power by node", "watt", [
            ("{{Hostname}}", "sum by (Hostname) (DCGM_FI_DEV_POWER_USAGE)")]),
        ("Temperature", "celsius", [("{{Hostname}}", "max by (Hostname) (DCGM_FI_DEV_GPU_TEMP)")]),
        ("Nodes by pool", "none", [
            (_POOL, 'max by (nodepool) (karpenter_nodepools_usage{resource_type="nodes"})')]),
        ("Share of a pool's limit", "percentunit", [
            ("{{nodepool}} {{resource_type}}",
             "max by (nodepool, resource_type) (karpenter_nodepools_usage) / "
             "max by (nodepool, resource_type) (karpenter_nodepools_limit)")]),
    )),
    Board("slipway-gateway", "Front door", (
        ("Answers a second by class", "reqps", [
            ("{{envoy_response_code_class}}xx", "sum by (envoy_response_code_class) "
             f"(rate(envoy_http_downstream_rq_xx{{{DOOR}}}{PER}))")]),
        ("Connections", "none", [
            ("open", f"sum(envoy_http_downstream_cx_active{{{DOOR}}})")]),
        ("Time to answer", "ms", [
            (f"p{quantile}", f"histogram_quantile({quantile / 100:g}, sum by (le) "
             f"(rate(envoy_http_downstream_rq_time_bucket{{{DOOR}}}{PER})))")
            for quantile in (50, 90, 99)]),
        ("Behind Kourier, answers a second by class", "reqps", [
            ("{{envoy_response_code_class}}xx", "sum by (envoy_response_code_class) "
             f'(rate(envoy_http_downstream_rq_xx{{job="monitoring/kourier"}}{PER}))')]),
    )),
    Board("slipway-cost", "Cost by team", (
        ("Nodes, dollars an hour", "currencyUSD", [
            ("all nodes", "sum(max by (node) (node_total_hourly_cost))")]),
        ("CPU, dollars an hour", "currencyUSD", [
            (_TEAM, _hourly("container_cpu_allocation", "node_cpu_hourly_cost"))]),
        ("Memory, dollars an hour", "currencyUSD", [
            (_TEAM, _hourly("container_memory_allocation_bytes", "node_ram_hourly_cost",
                            " / 1073741824"))]),
        ("GPUs, dollars an hour", "currencyUSD", [
            (_TEAM, _hourly("container_gpu_allocation", "node_gpu_hourly_cost"))]),
    )),
)  # fmt: skip


def platform_dashboards() -> list[Object]:
    """A ConfigMap for each, which Grafana's sidecar finds by its label."""
    return [_config_map(board) for board in BOARDS]


def _config_map(board: Board) -> Object:
    about = metadata(f"dashboard-{board.name}", MONITORING)
    about["labels"] = {**about["labels"], "grafana_dashboard": "1"}
    shown = {
        "uid": board.name,
        "title": board.title,
        "tags": ["slipway", "platform"],
        "time": {"from": "now-6h", "to": "now"},
        "panels": [panel(number, *each) for number, each in enumerate(board.panels)],
        "schemaVersion": 41,
    }
    text = json.dumps(shown, separators=(",", ":"), sort_keys=True)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": about,
        "data": {f"{board.name}.json": text},
    }
