"""What is taken for a secret, and what is not.

Secrets are put together from parts, so that no scanner takes this file for a leak.
"""

import string
from base64 import b64encode
from hashlib import sha256

import pytest

from catalog.secret_shapes import secret_shape

RANDOM = "q8Zr4Tn2" + "Kd9Wm7Bx1Vc5"
DIGITS_AND_LETTERS = "0123456789" + string.ascii_lowercase

KNOWN = (
    ("an AWS access key", "AKIA" + "Q3EGR7VZ2MWX5T4N"),
    ("an AWS access key", "key=ASIA" + "Q3EGR7VZ2MWX5T4N;"),
    ("a Hugging Face token", "hf" + "_" + "QmZrTkWpLsXvBnYcDgHjFaEu"),
    ("a GitHub token", "ghp" + "_" + "k3J9" * 9),
    ("a GitHub token", "github" + "_pat_" + "11ABC" * 8),
    ("a GitLab token", "glpat" + "-" + "x7Hq2mZpL9sWvT4rB8nY"),
    ("a Slack token", "xoxb" + "-" + "1234567890-abcdef"),
    ("an API key", "sk" + "-" + "proj-" + "a8Kd" * 8),
    ("an API key", "sk" + "-" + "ant-api03-" + "Zq7_" * 8),
    ("a Google API key", "AIza" + "Sy" + "D3kF9" * 6 + "abc"),
    ("a private key", "-----BEGIN EC PRIVATE" + " KEY-----\nabc"),
    ("a JSON Web Token", "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.c2ln"),
    ("an address with a password", "postgres://app:" + "hunter2@db.example.com/x"),
    ("an address with a password", "redis://:" + "hunter2@cache:6379"),
    ("a random secret", RANDOM),
    ("a random secret", "wJalrXUtnFEMI/" + "K7MDENG/bPxRfiCY3zTq9LwKEb"),
)


@pytest.mark.parametrize(("shape", "value"), KNOWN, ids=[f"{s} {v[:8]}" for s, v in KNOWN])
def test_a_secret_is_known_by_its_shape_whatever_its_name(shape: str, value: str) -> None:
    assert secret_shape("SETTING", value) == shape


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD", "PASSWORD", "DB_PASS", "DB_PASS2", "PWD_DB", "SECRET", "CLIENT_SECRET",
        "API_KEY", "APIKEY", "STRIPE_API_KEY_LIVE", "ACCESS_KEY", "PRIVATE_KEY", "SIGNING_KEY",
        "ENCRYPTION_KEY", "TOKEN", "HUB_TOKEN", "WANDB_API_KEY", "DB_CREDENTIALS", "dbPassword",
        "SECRET_KEY_BASE", "PASSPHRASE",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert secret_shape(name, "hunter2") == "a secret, to judge by its name"


def test_random_text_is_seldom_missed() -> None:
    texts = [b64encode(sha256(bytes([n])).digest()).decode() for n in range(256)]
    assert sum(secret_shape("A", text) is None for text in texts) < 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_LIMIT", "4096"),
        ("MAX_TOKENS", "4096"),
        ("MAX_TOKENS_PER_REQUEST", "unlimited"),
        ("TOKENIZER", "bert-base-uncased"),
        ("TOKENIZER_PATH", "tokenizer/v2"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("EOS_TOKEN", "</s>"),
        ("PAD_TOKEN", "[PAD]"),
        ("STOP_TOKEN", "<|endoftext|>"),
        ("SECRET_NAME", "fraud-db"),
        ("SECRET_STORE", "vault"),
        ("AWS_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"),
        ("PASSWORD_FILE", "run/secrets/db"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("DB_PASSWORD", "$(OTHER_PASSWORD)"),
        ("DB_PASSWORD", ""),
        ("TOKEN_URL", "login.example.com/token"),
        ("TOKEN_TTL", "1h"),
        ("API_KEY_HEADER", "x-api-key"),
        ("CSRF_TOKEN_ENABLED", "true"),
        ("REQUIRE_TOKEN", "no"),
        ("SECRET", "0"),
        ("PASSES", "three"),
        ("PASS_THROUGH", "headers"),
        ("MONKEY_PATCH", "gevent"),
        ("COMPASS", "north"),
        ("KEYWORDS", "fraud,chargeback"),
        ("PARTITION_KEY", "customer"),
        ("MODEL", "meta-llama/Meta-Llama-3-8B-Instruct"),
        ("MODEL", "Qwen/Qwen2.5-72B-Instruct-AWQ"),
        ("MODEL", "sentence-transformers/all-MiniLM-L6-v2"),
        ("CLASS", "DistilBertForSequenceClassification2"),
        ("PIPELINE", "sk-learn-pipeline-classifier-v2"),
        ("MODEL_PATH", "/mnt/models/Fraud2026/Checkpoint-00042/Final"),
        ("CACHE", "s3://bucket/Team7/Fraud-Detector/2026-10-01/Part-0001"),
        ("URL", "https://example.com/v2/models/fraud:predict"),
        ("URL", "https://user@example.com/path"),
        ("URL", "postgres://app:$(DB_PASSWORD)@db/x"),
        ("REQUEST_ID", "123e4567-e89b-12d3-a456-426614174000"),
        ("COMMIT", "9f2c1ab4e7d35f0b8c6a1d2e3f4a5b6c7d8e9f01"),
        ("DIGEST", "sha256:" + "4f53c2a1" * 8),
        ("FLAG", "aGVsbG8="),
        ("PADDING", "dGhpcyBpcyBh"),
        ("ALPHABET", DIGITS_AND_LETTERS),
        ("JAVA_OPTS", "-Xmx2g -XX:+UseG1GC"),
        ("OMP_PROC_BIND", "CLOSE"),
        ("COLUMNS", "Amount,CountryCode,CardType2,MerchantId"),
        ("TZ", "America/Argentina/Buenos_Aires"),
        ("WHEN", "2026-10-01T08:00:00Z"),
        ("LONG_NAME", "TransactionAmountLast30DaysByMerchantCategory"),
    ],
)
def test_what_people_write_every_day_is_no_secret(name: str, value: str) -> None:
    assert secret_shape(name, value) is None
