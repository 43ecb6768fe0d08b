"""The rules: each passes a good case and fails a bad one, and none ever raises."""
