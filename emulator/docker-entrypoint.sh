#!/bin/sh
# LocalStack's image has its start here, and the LocalStackContainer of Testcontainers for Java runs it by this name.
exec emulator "$@"
