"""The `slipway` command: one thin file per command over the core."""
