"""6xx: quotas."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW601",
        "A project needs more than its quota",
        "Every deployment counts with the whole footprint of its pods (model, queue-proxy, "
        "downloader, transformer) times its most replicas and the surge of a rollout; else "
        "a rollout would stop in the middle.",
        "quota: {cpu: 2}\ndeployments:\n  a: {scaling: {max: 4}, resources: {cpu: 1}, …}",
        "quota: {cpu: 6}\ndeployments:\n  a: {scaling: {max: 4}, resources: {cpu: 1}, …}",
    ),
    Code(
        "SLW602",
        "A team needs more than its quota",
        "The sum over the team's projects: a project's own quota where it sets one, else "
        "its needs.",
        "models/risk/team.yaml: quota: {accelerators: {l4: 2}}, and deployments that need 4",
        "lower max replicas, or ask for accelerators: {l4: 4}",
    ),
    Code(
        "SLW603",
        "The platform's quota is used up",
        "The sum over all teams on one stack. It also limits what Karpenter may launch.",
        "models/platform.yaml: quota: {cpu: 100}, and teams that need 120",
        "raise the platform's quota, or lower a team's use",
    ),
    Code(
        "SLW604",
        "Teams are promised more than there is",
        "The teams' quotas together stay within the platform's, or a promise would break "
        "for whoever comes last.",
        "platform {cpu: 100}; teams {cpu: 80} and {cpu: 40}",
        "platform {cpu: 120}; teams {cpu: 80} and {cpu: 40}",
    ),
)
