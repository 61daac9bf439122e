// Unpacks the browser of the npm package @sparticuz/chromium: `node unpack-chromium.mjs <its bin folder> <folder to make>`.
//
// What comes out runs without root and without installed libraries: `chromium` is a launcher that points the browser at
// the libraries and fonts beside it.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const [packed, folder] = process.argv.slice(2);

const launcher = `#!/bin/sh
here="$(dirname "$(readlink -f "$0")")"
LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
FONTCONFIG_FILE="$here/fonts.conf"
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "$here/chromium.bin" "$@"
`;
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">weekahead-fontconfig</cachedir>
</fontconfig>
`;

mkdirSync(folder, { recursive: true });
// The libraries are those of a Linux that has next to none; the fonts are Open Sans.
for (const archive of ["al2023.tar", "fonts.tar", "swiftshader.tar"]) {
    const tar = brotliDecompressSync(readFileSync(join(packed, `${archive}.br`)));
    execFileSync("tar", ["xf", "-", "--no-same-owner", "-C", folder], { input: tar });
}
writeFileSync(join(folder, "fonts.conf"), fonts);
writeFileSync(join(folder, "chromium.bin"), brotliDecompressSync(readFileSync(join(packed, "chromium.br"))));
writeFileSync(join(folder, "chromium"), launcher);
for (const program of ["chromium.bin", "chromium"]) chmodSync(join(folder, program), 0o755);
