#!/usr/bin/env bash
# Rewrites the tables of components and of their swept options, in README.md and docs, from the code. Read the diff.
set -euo pipefail
cd "$(dirname "$0")/.."

MLEXTENSIONS_WRITE=components dotnet test tests/MLExtensions.Tests.csproj -c Release --filter FullyQualifiedName~GeneratedTablesTests
git diff --stat -- README.md docs
