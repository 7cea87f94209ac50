"""The harness behind `scripts/prove`: each module proves one promise at any size, from a seed, and says what broke it."""
