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
        "Cloudflare's universal certificate covers one level below the zone's name. Endpoints are "
        "three levels below the domain, and where the domain is below the zone's name the "
        "platform's own pages are too deep as well. Its proxy can only serve these with Advanced "
        "Certificate Manager.",
        "edge: {proxied: true}",
        "edge: {proxied: true, advanced_certificates: true}",
    ),
    Code(
        "SLW808",
        "A secret in plain text",
        "A stack's file is in git, and whoever reads the repository reads the secret. Pulumi keeps "
        "it encrypted in the same file, or AWS Secrets Manager keeps it under a name. One that has "
        "been committed has to be replaced where it was made. The value is never repeated here.",
        "slipway:cloudflareToken: …",
        "slipway:cloudflareToken:\n  secure: v1:…",
    ),
    Code(
        "SLW809",
        "A setting that is encrypted",
        "Settings decide what is planned and reviewed, so they are read without any key. Only "
        "slipway:cloudflareToken and slipway:cloudflareDnsToken are secrets.",
        "slipway:edge:\n  zone:\n    secure: v1:…",
        "slipway:edge:\n  zone: 89abcdef0123456789abcdef01234567",
    ),
    Code(
        "SLW810",
        "Layers that do not stand",
        "Each layer is built on what the one below has made: foundation, platform, then edge and "
        "tenants. They are written in that order. On the local control plane the platform stands "
        "on nothing, and there is no edge.",
        "slipway:layers: [platform, tenants]",
        "slipway:layers: [foundation, platform, tenants]",
    ),
    Code(
        "SLW811",
        "Something listed twice",
        "The second would be made again under the same name, or stands there by mistake for "
        "another.",
        "admins: [arn:aws:iam::123456789012:role/ops, arn:aws:iam::123456789012:role/ops]",
        "admins: [arn:aws:iam::123456789012:role/ops]",
    ),
    Code(
        "SLW812",
        "A layer without its settings",
        "What a layer is to be cannot be guessed: whose account, which zone, who is told.",
        "slipway:layers: [foundation]",
        'slipway:layers: [foundation]\nslipway:foundation:\n  account: "123456789012"\n  …',
    ),
    Code(
        "SLW813",
        "Settings of a layer that the stack does not hold",
        "They would be ignored without a word.",
        "slipway:layers: [foundation]\nslipway:edge: …",
        "slipway:layers: [foundation, platform, edge]\nslipway:edge: …",
    ),
    Code(
        "SLW814",
        "A stack that is neither whole nor of tenants alone",
        "slipway:team and slipway:platform_stack are for a stack that holds tenants alone and "
        "reads the platform of another; such a stack needs the latter.",
        "slipway:layers: [foundation, platform, tenants]\nslipway:team: risk",
        "slipway:layers: [tenants]\nslipway:team: risk\n"
        "slipway:platform_stack: organization/slipway/prod",
    ),
    Code(
        "SLW815",
        "No network, or not a private one",
        "AWS takes a network by its first address; an address within it is often a typing error. "
        "A VPC's addresses are private (RFC 1918): those of somebody else could not be reached.",
        "vpc_cidr: 10.16.0.1/16",
        "vpc_cidr: 10.16.0.0/16",
    ),
    Code(
        "SLW816",
        "The cluster's API open to the world",
        "Whoever reaches the API can try stolen credentials and unpatched holes. It is private "
        "unless networks are named, and these are public ones of your own.",
        "api_access: [0.0.0.0/0]",
        "api_access: [203.0.113.0/24]",
    ),
    Code(
        "SLW817",
        "An instance type that system nodes cannot have",
        "Prices and sizes come from one table; a type that is not in it cannot be counted. GPUs "
        "come from Karpenter when a model asks.",
        "instance_types: [m7i.xlagre]",
        "instance_types: [m7i.xlarge]",
    ),
    Code(
        "SLW818",
        "A bucket's name that S3 refuses",
        "Other buckets are named after the artifacts', with a suffix such as -access-logs, and S3 "
        "allows 63 characters. It keeps some beginnings and endings to itself.",
        "bucket: a-very-long-name-of-an-organisation-and-of-its-models-dev",
        "bucket: example-models-dev",
    ),
    Code(
        "SLW819",
        "A stack's name that AWS does not take",
        "It is part of the names of repositories, target groups and databases: of those ECR allows "
        "30 characters, and RDS no two hyphens in a row.",
        "Pulumi.production-of-europe-west.yaml",
        "Pulumi.prod-eu-west.yaml",
    ),
    Code(
        "SLW820",
        "Two stacks with one bucket",
        "A bucket's name is unique in all of AWS; the second stack could not be made, or would "
        "write over the models of the first.",
        "Pulumi.dev.yaml: bucket: example-models\nPulumi.prod.yaml: bucket: example-models",
        "Pulumi.dev.yaml: bucket: example-models-dev\nPulumi.prod.yaml: bucket: example-models",
    ),
    Code(
        "SLW821",
        "A stack of tenants that does not fit its platform",
        "It lives on the platform of another stack, so domain, region, bucket, cluster, identity, "
        "gateway and certificate issuer are that stack's, its tiers are among those that the other "
        "hosts, and each team's tenants are in one stack only.",
        "Pulumi.prod.yaml: domain: example.com\nPulumi.risk.yaml: domain: risk.example.com",
        "Pulumi.prod.yaml: domain: example.com\nPulumi.risk.yaml: domain: example.com",
    ),
    Code(
        "SLW822",
        "Networks that overlap",
        "Two VPCs of one account with the same addresses can never be connected, and a VPC keeps "
        "its addresses for life.",
        "Pulumi.dev.yaml: vpc_cidr: 10.0.0.0/16\nPulumi.test.yaml: vpc_cidr: 10.0.0.0/16",
        "Pulumi.dev.yaml: vpc_cidr: 10.0.0.0/16\nPulumi.test.yaml: vpc_cidr: 10.1.0.0/16",
    ),
    Code(
        "SLW823",
        "A budget that is exceeded from the first day",
        "An alarm that always rings is not heard. The system nodes run day and night, whatever "
        "the models do.",
        "budget: {monthly_usd: 100, notify: [platform@example.com]}",
        "budget: {monthly_usd: 6000, notify: [platform@example.com]}",
    ),
    Code(
        "SLW824",
        "Production without protection",
        "With protect: true what holds data refuses to be destroyed, and stays when the stack "
        "goes. Without it one command takes models, runs, logs and backups.",
        "tiers: [production]\nprotect: false",
        "tiers: [production]\nprotect: true",
    ),
    Code(
        "SLW825",
        "Production through a single pod",
        "With one replica of the front door and of the admission webhooks, the loss or the drain "
        "of one node stops every request.",
        "tiers: [production]\nreplicas: 1",
        "tiers: [production]\nreplicas: 3",
    ),
    Code(
        "SLW826",
        "A stack that holds nothing",
        "Entries can be planned for a stack without layers, but there is nothing to deploy. The "
        "programs say so before they register anything.",
        "config:\n  slipway:environment: …",
        "config:\n  slipway:environment: …\n  slipway:layers: [foundation, platform, tenants]",
    ),
    Code(
        "SLW827",
        "A stack without its token",
        "The platform proves its certificates by DNS, with a token that may edit the zone's DNS; "
        "the edge writes records and rules with a wider one, which stays out of the cluster. Both "
        "are Pulumi secrets of the stack.",
        "pulumi up --stack dev",
        "pulumi config set --secret slipway:cloudflareToken --stack dev\npulumi up --stack dev",
    ),
    Code(
        "SLW828",
        "The stack of an unknown team",
        "The stack would hold no tenants, and those that it held before would be destroyed.",
        "slipway:team: riks",
        "slipway:team: risk",
    ),
    Code(
        "SLW829",
        "A domain outside its zone",
        "Records of the stack's hosts are written into the zone, so its domain is the zone's name "
        "or below it.",
        "domain: dev.example.com\nzone_name: example.org",
        "domain: dev.example.com\nzone_name: example.com",
    ),
    Code(
        "SLW830",
        "Two owners of a zone's rules",
        "TLS settings, WAF, rate limit and cache rules belong to the zone, not to a host in it. "
        "Two stacks that own them would undo each other's.",
        "Pulumi.dev.yaml: zone_rules: true\nPulumi.prod.yaml: zone_rules: true",
        "Pulumi.dev.yaml: zone_rules: false\nPulumi.prod.yaml: zone_rules: true",
    ),
    Code(
        "SLW831",
        "A region that a stack cannot be in",
        "A stack needs EKS and three zones, in one of AWS's commercial regions. A region that is "
        "misspelt would only be found when AWS does not answer.",
        "region: eu-wset-1",
        "region: eu-west-1",
    ),
    Code(
        "SLW832",
        "A class without a price",
        "Classes of the database and types of the cache's nodes are those in the table of prices, "
        "so that a misspelt one is found before AWS refuses it, and what it costs is known. "
        "Others are added in catalog/service_prices.py.",
        "instance_class: db.m7g.lagre",
        "instance_class: db.m7g.large",
    ),
    Code(
        "SLW833",
        "A Gateway where none is made",
        "The layer platform makes the Gateway in Envoy Gateway's own namespace. Another one can be "
        "named only by a stack that stands on a platform of somebody else's.",
        "layers: [foundation, platform, tenants]\ngateway: {namespace: ingress}",
        "layers: [foundation, platform, tenants]",
    ),
    Code(
        "SLW834",
        "Images from a mirror and from other registries at once",
        "A mirror holds every image and takes the place of every registry. Prefixes of a "
        "pull-through cache take the place of the registries that are named, and leave the others.",
        "images:\n  mirror: registry.example.com/mirror\n  registries:\n"
        "    quay.io: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/quay",
        "images:\n  registries:\n"
        "    quay.io: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/quay",
    ),
    Code(
        "SLW835",
        "Credentials that the image cache cannot read",
        "ECR reads the credentials of an upstream registry from secrets of its own account and "
        "region only.",
        "region: eu-west-1\nimage_cache_credentials:\n  docker.io: "
        "arn:aws:secretsmanager:us-east-1:111111111111:secret:ecr-pullthroughcache/docker-AbCdEf",
        "region: eu-west-1\nimage_cache_credentials:\n  docker.io: "
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:ecr-pullthroughcache/docker-AbCdEf",
    ),
    Code(
        "SLW836",
        "A registry that no image comes from",
        "The line would change nothing, and what was meant would still come from its own registry.",
        "images:\n  registries:\n"
        "    quay.oi: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/quay",
        "images:\n  registries:\n"
        "    quay.io: 111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev/quay",
    ),
    Code(
        "SLW837",
        "Two stacks on one local control plane",
        "`make up` starts one control plane for a checkout, and one stack holds the platform on "
        "it. Another may stand on that one with the tenants of a team.",
        "Pulumi.local.yaml: layers: [platform, tenants]\n"
        "Pulumi.mine.yaml: layers: [platform, tenants]",
        "Pulumi.local.yaml: layers: [platform]\n"
        "Pulumi.mine.yaml: layers: [tenants]\n  slipway:team: risk\n"
        "  slipway:platform_stack: organization/slipway/local",
    ),
)
