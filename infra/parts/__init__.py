"""The parts of the platform as data: releases, values and objects, without Pulumi."""
