#!/usr/bin/env bash
# Rewrites src/*/PublicAPI.Unshipped.txt from the code. Read the diff: it is the change to the public API.
set -euo pipefail
cd "$(dirname "$0")/.."

for project in Estimators Trainers Transforms; do
  api=src/$project/PublicAPI.Unshipped.txt
  echo '#nullable enable' > "$api"
  # RS0016 names each public symbol that the file lacks, in the very form that the file wants.
  dotnet build "src/$project" --no-incremental -p:TreatWarningsAsErrors=false 2>/dev/null |
    sed -nE "s#.*src/$project/.*RS0016: Symbol '(.*)' is not part of the declared public API.*#\1#p" |
    LC_ALL=C sort -u >> "$api"
  echo "$api: $(wc -l < "$api") lines"
done
