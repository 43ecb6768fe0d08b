"""Strategic merge and templates: the two ways in which KServe combines what others wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.objects import Object
from catalog.pod.merge import merge, merge_containers
from catalog.pod.template import child_name, expand


def test_merged_lists_keep_upstreams_order() -> None:
    base = {"env": [{"name": n} for n in "ABC"]}
    patch = {"env": [{"name": "Z"}, {"name": "C", "value": "1"}]}
    merged = [entry["name"] for entry in merge(base, patch)["env"]]
    assert merged == ["Z", "A", "B", "C"]


def test_an_env_entry_has_one_source() -> None:
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    base = {"name": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": source}]}
    patch = {"name": "", "env": [{"name": "A", "valueFrom": source}, {"name": "B", "value": "2"}]}
    merged = merge_containers(base, patch)
    assert merged["env"] == [{"name": "A", "valueFrom": source}, {"name": "B", "value": "2"}]
    assert merged["name"] == "a"


trees = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


@given(objects, objects)
def test_merging_is_idempotent_and_nothing_merges_to_nothing(base: Object, patch: Object) -> None:
    merged = merge(base, patch)
    assert merge(merged, patch) == merged
    assert merge(base, {}) == base
    assert merge({}, patch) == patch


@pytest.mark.parametrize("action", ["{{ if .Name }}x{{ end }}", "{{ index .Labels `a` }}", "{{}}"])
def test_a_template_action_that_is_not_known_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="template action"):
        expand(action, {"Name": "x"})


def test_a_missing_key_reads_as_in_go() -> None:
    assert expand("{{.Labels.team}}", {"Labels": {}}) == "<no value>"


@pytest.mark.parametrize(
    ("parent", "suffix", "child"),
    [
        ("asdf", "-deployment", "asdf-deployment"),
        ("f" * 63, "-deployment", "f" * 20 + "105d7597f637e83cc711605ac3ea4957-deployment"),
        ("f" * 63, "-deploy", "f" * 24 + "105d7597f637e83cc711605ac3ea4957-deploy"),
    ],
)
def test_child_names_are_hashed_like_upstreams(parent: str, suffix: str, child: str) -> None:
    assert child_name(parent, suffix) == child
