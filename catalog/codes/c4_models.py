"""4xx: models and artifacts."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW401",
        "A deployment has no model",
        "Every framework but custom, and every deployment but a graph, loads a model from "
        "somewhere.",
        "fraud:\n  framework: sklearn\n  tier: dev",
        "fraud:\n  model: ./artifacts/fraud/\n  framework: sklearn\n  tier: dev",
    ),
    Code(
        "SLW402",
        "A model's address is not one that can be read",
        "Models are read from a path beside the entry (./), from the artifact bucket "
        "(s3://), a Hugging Face revision (hf://), an OCI image (oci://), a registered "
        "version (mlflow://) or a volume claim (pvc://).",
        "model: https://example.com/model.joblib",
        "model: ./artifacts/fraud/",
    ),
    Code(
        "SLW403",
        "Nothing is at the path of a model",
        "A path that begins with ./ is looked up beside the entry's own file, and must be "
        "committed with it: the stack uploads what the commit holds.",
        "model: ./artefacts/fraud/",
        "model: ./artifacts/fraud/",
    ),
    Code(
        "SLW404",
        "A path leaves its folder, or has odd characters",
        "A team's artifacts stand below its own folder, so that its reviewers see every "
        "change to them.",
        "model: ./../other-team/artifacts/model/",
        "model: ./artifacts/model/",
    ),
    Code(
        "SLW405",
        "A Hugging Face model names no fixed revision",
        "A branch moves: the same entry would load other weights tomorrow, and nobody would "
        "have reviewed them.",
        "model: hf://Qwen/Qwen2.5-7B-Instruct",
        "model: hf://Qwen/Qwen2.5-7B-Instruct@a09a35458c702b33eeacc393d103063234e8bc28",
    ),
    Code(
        "SLW406",
        "A bucket or prefix is not the project's own",
        "The project's identity may read s3://<stack's bucket>/<namespace>/ and nothing "
        "else, so any other address would be refused when the model starts.",
        "model: s3://data-lake/models/fraud",
        "model: s3://example-slipway-dev-models/risk-fraud/fraud/v3",
    ),
    Code(
        "SLW407",
        "An OCI model has no digest",
        "A tag can be moved to another image after the review; a digest cannot.",
        "model: oci://registry.example.com/models/fraud:v3",
        "model: oci://registry.example.com/models/fraud@sha256:4f53…",
    ),
    Code(
        "SLW408",
        "An artifact holds no file that the server loads",
        "Each model server looks for certain file names. The platform's runtimes are listed "
        "in the reference with theirs.",
        "artifacts/fraud/final_model_v2.bin",
        "artifacts/fraud/model.joblib",
    ),
    Code(
        "SLW409",
        "An address holds a user name or password",
        "Entries are read by many people and kept for ever. Access comes from the project's "
        "own identity, so an address needs no credentials.",
        "model: s3://key:secret@bucket/model",
        "model: s3://bucket/namespace/model",
    ),
    Code(
        "SLW410",
        "A registered model names no fixed version",
        "The newest version of a registered model changes without a commit; name the version.",
        "model: mlflow://churn/latest",
        "model: mlflow://churn/7",
    ),
)
