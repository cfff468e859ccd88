#!/bin/sh
# Removes from an installed node_modules what no process of ours loads; the image is 290 MB smaller for it.
# Licence files stay. test/deploy/prune-modules.test.ts loads every dependency from what is left.
set -eu
modules=${1:?usage: prune-modules.sh NODE_MODULES_FOLDER}

# Of googleapis' 300 APIs, the code imports googleapis/build/src/apis/walletobjects/index.js only.
find "$modules/googleapis/build/src/apis" -mindepth 1 -maxdepth 1 ! -name walletobjects -exec rm -rf {} +

# Types, source maps, and native parts for another runtime (Bare).
find "$modules" -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -name '*.bare' \) \
  -exec rm -f {} +

# Documents and tests, where they lie beside a package.json.
find "$modules" -type f -name '*.md' ! -iname 'licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' -exec rm -f {} +
find "$modules" -type f -name package.json -exec dirname {} ';' | while IFS= read -r package; do
  rm -rf "$package/test" "$package/tests" "$package/docs"
done
find "$modules" -depth -type d -empty -exec rmdir {} ';'
