"""One thin file a command. Importing one is cheap: the core comes in when the command runs."""
