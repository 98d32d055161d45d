#!/usr/bin/env bash
# Trains the components that have no model file yet in any version and keeps their models in tests/ModelFiles/VERSION, with rows and the scores that every later build must find.
# A file that is there is never written again; to replace the files of a version that is not released, delete their folders first.
set -euo pipefail
cd "$(dirname "$0")/.."

MLEXTENSIONS_WRITE=models dotnet test tests/MLExtensions.Tests.csproj -c Release --filter FullyQualifiedName~Every_component_has_a_stored_model
git status --short -- tests/ModelFiles
