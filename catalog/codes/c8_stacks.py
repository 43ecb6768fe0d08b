"""8xx: stacks and settings."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW801",
        "A stack without settings",
        "What an entry becomes depends on the stack's tiers, domain, region, bucket and identity "
        "provider. They are the value of slipway:environment in Pulumi.<stack>.yaml.",
        "config:\n  aws:region: eu-west-1",
        "config:\n  slipway:environment:\n    tiers: [dev, staging]\n    domain: dev.example.com\n"
        "    …",
    ),
    Code(
        "SLW802",
        "A stack's name that cannot be used",
        "The name appears in labels and in quotas, so it is a DNS label.",
        "Pulumi.My_Stack.yaml",
        "Pulumi.my-stack.yaml",
    ),
    Code(
        "SLW803",
        "A stack is named twice",
        "The file's name already says which stack it is; a second place could say another.",
        "slipway:environment:\n  stack: dev",
        "slipway:environment:\n  tiers: [dev]",
    ),
    Code(
        "SLW804",
        "Two stacks with one domain",
        "An endpoint's host is made from the stack's domain, so two stacks would claim the same "
        "hosts and move them to and fro.",
        "Pulumi.dev.yaml: domain: example.com\nPulumi.prod.yaml: domain: example.com",
        "Pulumi.dev.yaml: domain: dev.example.com\nPulumi.prod.yaml: domain: example.com",
    ),
    Code(
        "SLW805",
        "No stack at all",
        "Entries become objects on a stack; without one there is nothing to plan.",
        "Pulumi.yaml",
        "Pulumi.yaml\nPulumi.dev.yaml",
    ),
    Code(
        "SLW806",
        "An unknown stack",
        "The stack that was asked for has no Pulumi.<stack>.yaml.",
        "slipway plan --stack prd",
        "slipway plan --stack prod",
    ),
    Code(
        "SLW807",
        "The proxy has no certificate for the endpoints",
        "Cloudflare's universal certificate covers one level below the domain, and endpoints are "
        "three levels below. Its proxy can only serve them with Advanced Certificate Manager.",
        "edge: {proxied: true}",
        "edge: {proxied: true, advanced_certificates: true}",
    ),
)
