"""`python -m cli`, for a checkout whose scripts are not installed."""

from cli.main import main

main(prog_name="slipway")
