"""1xx: files and YAML."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW101",
        "A file cannot be read",
        "The plan covers every entry or none: a file that the system refuses to open may hold an "
        "endpoint that would otherwise look removed.",
        "-rw------- root  models/risk/fraud.yaml",
        "-rw-r--r-- root  models/risk/fraud.yaml",
    ),
    Code(
        "SLW102",
        "A file is not UTF-8",
        "Bytes of another encoding turn into other letters on other machines, in names and "
        "descriptions alike. The message names the first byte that is wrong.",
        "description: Pr\\xe9diction   (Latin-1)",
        "description: Prédiction   (UTF-8)",
    ),
    Code(
        "SLW103",
        "A file begins with a byte order mark",
        "UTF-8 needs none, and some readers take it for a part of the first setting's name.",
        '\\ufeffversion: "1"',
        'version: "1"',
    ),
    Code(
        "SLW104",
        "A character that nobody sees",
        "Control, zero-width and direction-changing characters, and spaces that only look like the "
        "plain one, make a file say something else than what a reviewer reads. They usually come "
        "with pasted text.",
        "owner: risk\\u200bml",
        "owner: risk-ml",
    ),
    Code(
        "SLW105",
        "A tab character",
        "YAML forbids tabs in indentation, and its readers differ on tabs elsewhere. Most editors "
        "can insert spaces when Tab is pressed.",
        "deployments:\n\\tfraud-detector:",
        "deployments:\n  fraud-detector:",
    ),
    Code(
        "SLW106",
        "An empty file",
        "A file without settings is more often a lost one than a wish to have no endpoints. To "
        "remove a project, remove its file.",
        "# nothing but a comment",
        'version: "1"\ndeployments:\n  fraud-detector: {model: ./artifacts/fraud/, '
        "framework: sklearn, tier: dev}",
    ),
    Code(
        "SLW107",
        "A file is too large",
        "Entries are text that people review. A file above 256 KiB is data in the wrong place, or "
        "a project that should be several.",
        "models/risk/fraud.yaml   10 MB",
        "models/risk/artifacts/fraud/model.joblib   10 MB",
    ),
    Code(
        "SLW108",
        "Two documents in one file",
        "Only one would be read, and a reviewer would see both.",
        'version: "1"\n---\nversion: "1"',
        'version: "1"',
    ),
    Code(
        "SLW109",
        "A file holds no settings",
        "An entry is a map of settings. A list or a single value at the top has no names to read.",
        "- fraud-detector",
        "deployments:\n  fraud-detector:",
    ),
    Code(
        "SLW110",
        "A file is not YAML",
        "The text cannot be read at all, so nothing else in the file was checked. The place is "
        "where reading stopped or where what is unfinished began; the mistake is there or just "
        "above.",
        "scaling: {min: 1, max: 2",
        "scaling: {min: 1, max: 2}",
    ),
    Code(
        "SLW111",
        "A setting is written twice",
        "YAML readers keep the last without a word. Which of the two was meant is for you to say.",
        "scaling: {max: 2}\nscaling: {max: 4}",
        "scaling: {max: 4}",
    ),
    Code(
        "SLW112",
        "The name of a setting is not text",
        "YAML 1.1 reads `on`, `no`, `y` and numbers before a colon as true, false and numbers, "
        "so that the setting gets another name than the one on the page.",
        "env:\n  no: x",
        'env:\n  "no": x',
    ),
    Code(
        "SLW113",
        "Anchors, aliases and merge keys",
        "They let a line change settings far away from it, and a few of them expand to gigabytes. "
        "What endpoints share belongs in the tiers of platform.yaml.",
        "a: &base {min: 1}\nb: *base",
        "a: {min: 1}\nb: {min: 1}",
    ),
    Code(
        "SLW114",
        "A YAML tag",
        "Tags choose types and, in some readers, run code. Settings have their types already.",
        "max: !!int 3",
        "max: 3",
    ),
    Code(
        "SLW115",
        "A word that YAML readers read differently",
        "Between YAML 1.1 and 1.2 and their many readers, `no`, `010`, `1_000`, `1:30`, `1e3` and "
        "dates are text to one and a number, a date or false to the other. Here a value has one "
        "spelling: true, false, null, 10, 0.5. Everything like the others is quoted or respelled.",
        "replicas: 010\nNORWAY: no",
        'replicas: 10\nNORWAY: "no"',
    ),
    Code(
        "SLW116",
        "Nested too deep",
        "No setting lies deeper than a few levels; 20 leave room for any example request. Deeper "
        "nesting is a mistake or an attack on the reader.",
        "request: {a: {a: {a: …}}}",
        'request: {inputs: [{name: x, shape: [1], datatype: "FP32", data: [1.0]}]}',
    ),
    Code(
        "SLW117",
        "Too many values in a file",
        "A file of more than 50,000 values is data. Keep large example requests in the model's "
        "repository and short ones here.",
        "data: [0.1, 0.2, …]   (60,000 numbers)",
        "data: [0.1, 0.2, 0.3, 0.4]",
    ),
    Code(
        "SLW120",
        "The wrong file extension",
        "Entries and stacks end in .yaml, one spelling, so that no file is passed over unseen.",
        "models/risk/fraud.yml",
        "models/risk/fraud.yaml",
    ),
    Code(
        "SLW121",
        "A file that is not read",
        "Only platform.yaml, a folder for each team, team.yaml and project files in it, and data "
        "below artifacts/ have a meaning. A file elsewhere looks merged and does nothing.",
        "models/fraud.yaml\nmodels/risk/eu/fraud.yaml\nmodels/risk/model.joblib",
        "models/risk/fraud.yaml\nmodels/risk/artifacts/fraud/model.joblib",
    ),
    Code(
        "SLW122",
        "A file or folder name that cannot be used",
        "The names of a team's folder and of a project's file become the namespace and a part of "
        "every host, so they are DNS labels: lower-case letters, digits and hyphens, a letter "
        "first, at most 63 characters.",
        "models/Risk/fraud_detection.yaml",
        "models/risk/fraud-detection.yaml",
    ),
    Code(
        "SLW123",
        "A team without team.yaml",
        "Without it nobody owns the namespaces, pays for them or has a quota.",
        "models/risk/fraud.yaml",
        "models/risk/team.yaml\nmodels/risk/fraud.yaml",
    ),
    Code(
        "SLW124",
        "No platform.yaml",
        "Quotas of teams are shares of the platform's; without it there is nothing to share.",
        "models/risk/team.yaml",
        "models/platform.yaml\nmodels/risk/team.yaml",
    ),
    Code(
        "SLW125",
        "A symbolic link out of the repository",
        "It would make the plan depend on the machine, and could bring a secret of the machine "
        "into an artifact.",
        "models/risk/fraud.yaml -> /etc/passwd",
        "models/risk/fraud.yaml",
    ),
    Code(
        "SLW126",
        "A symbolic link",
        "Links are not followed: a change to the target would change an entry that no review "
        "shows, and in an artifact the file would be missing.",
        "models/risk/fraud.yaml -> ../shared/fraud.yaml",
        "models/risk/fraud.yaml",
    ),
    Code(
        "SLW127",
        "Names that differ by case alone",
        "On macOS and Windows they are one file, and one of the two is lost on checkout.",
        "artifacts/fraud/Model.bin\nartifacts/fraud/model.bin",
        "artifacts/fraud/model-v1.bin\nartifacts/fraud/model-v2.bin",
    ),
)
