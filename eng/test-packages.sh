#!/usr/bin/env bash
# Packs the three packages into a folder feed, installs them into an empty console project that trains, saves and loads, and serves what it saved from a second project with stock ML.NET only.
# eng/test-packages.sh [CONFIGURATION [--no-build]]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
configuration=${1:-Release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=0.0.0-test

central() { sed -nE "s/.*Include=\"$1\" Version=\"([^\"]+)\".*/\1/p" "$root/Directory.Packages.props"; }
# Packages that this machine has are read where they are; the pack's own are unpacked beside the test and go with it.
cached=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
settings=(-c Release -nodeReuse:false -warnaserror -p:UseSharedCompilation=false -p:RestorePackagesPath="$work/packages" -p:RestoreFallbackFolders="$cached"
  -p:RestoreAdditionalProjectSources="$work/feed" -p:PackVersion="$version" -p:MLNetVersion="$(central Microsoft.ML)" -p:OnnxRuntimeVersion="$(central Microsoft.ML.OnnxRuntime)")

for project in Estimators Trainers Transforms; do
  dotnet pack "$root/src/$project" -c "$configuration" ${2:-} -nodeReuse:false -p:UseSharedCompilation=false -p:Version="$version" -o "$work/feed" -v quiet
done
ls "$work/feed"
cp -r "$root/eng/package-test/." "$work"
for project in Train Serve; do
  dotnet build "$work/$project" "${settings[@]}" -v quiet
  dotnet "$work/$project/bin/Release/net10.0/$project.dll" "$work"
done
