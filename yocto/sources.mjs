#!/usr/bin/env node
// Writes what the recipe fetches from the lock files: node yocto/sources.mjs. With --check it only says whether that was forgotten.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const tree = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, tree), "utf8");
const OUT = "yocto/meta-hearth/recipes-hearth/hearth/hearth-sources.inc";
const RECIPES = ["yocto/meta-hearth/recipes-hearth/hearth/hearth", "yocto/meta-hearth/recipes-core/bundles/hearth-bundle"];
const REGISTRY = "registry+https://github.com/rust-lang/crates.io-index";

function crates() {
  const field = (block, name) => block.match(new RegExp(`^${name} = "(.*)"$`, "m"))?.[1];
  const packages = read("Cargo.lock")
    .split("[[package]]\n")
    .slice(1)
    .map((block) => ({
      name: field(block, "name"),
      version: field(block, "version"),
      source: field(block, "source"),
      checksum: field(block, "checksum"),
    }));
  const fetched = packages.filter((p) => p.source !== undefined);
  const foreign = fetched.find((p) => p.source !== REGISTRY || !p.checksum);
  if (foreign) throw new Error(`${foreign.name}: expected a crate of crates.io with a checksum, got ${foreign.source}`);
  return fetched;
}

function player() {
  const entry = JSON.parse(read("web/package-lock.json")).packages["node_modules/hls.js"];
  const [kind, hash] = entry.integrity.split(/-(.*)/s);
  if (kind !== "sha512") throw new Error(`hls.js: expected a sha512 integrity, got ${kind}`);
  return { version: entry.version, sha512: Buffer.from(hash, "base64").toString("hex") };
}

function recipePart() {
  const { version, sha512 } = player();
  const list = crates();
  return [
    "# Made by yocto/sources.mjs from Cargo.lock and web/package-lock.json.",
    "# The lock file has no SHA-256 of it, and its name has its own version.",
    "# nooelint: oelint.vars.srcurichecksum,oelint.vars.downloadfilename",
    `SRC_URI += "https://registry.npmjs.org/hls.js/-/hls.js-${version}.tgz;name=hlsjs;subdir=hls.js"`,
    `SRC_URI[hlsjs.sha512sum] = "${sha512}"`,
    "",
    'SRC_URI += "\\',
    ...list.map((c) => `    crate://crates.io/${c.name}/${c.version} \\`),
    '"',
    ...list.map((c) => `SRC_URI[${c.name}-${c.version}.sha256sum] = "${c.checksum}"`),
    "",
  ].join("\n");
}

// A recipe's version is in its name.
function misnamed() {
  const version = read("Cargo.toml").match(/^version = "(.*)"$/m)[1];
  return RECIPES.map((recipe) => `${recipe}_${version}.bb`).filter((path) => !existsSync(new URL(path, tree)));
}

const missing = misnamed();
if (missing.length > 0) {
  console.error(`the version in Cargo.toml is another than the recipes': expected ${missing.join(" and ")}`);
  process.exit(1);
}
const wanted = recipePart();
if (process.argv.includes("--check")) {
  if (read(OUT) !== wanted) {
    console.error(`${OUT} is not what the lock files say: run node yocto/sources.mjs`);
    process.exit(1);
  }
} else {
  writeFileSync(fileURLToPath(new URL(OUT, tree)), wanted);
}
