#!/usr/bin/env bash
# What can be said of the Yocto layer without Yocto: the sources are those of the lock files, every file that is named is there,
# the card's parts agree, the recipes keep to the style of both series and the kas files to kas' own schema.
# The last two need tools from PyPI, put into a venv under target/ once; without PyPI that is said and left out.
set -uo pipefail
cd "$(dirname "$0")/../.."
LAYER=yocto/meta-hearth
VENV=target/yocto-lint
TOOLS="oelint-adv==9.11.2 oelint-parser==8.13.2 oelint-data==1.5.26 kas==5.5"

passed=0 failed=0
check() {
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $name"; fi
}

sources_are_locked() { node yocto/sources.mjs --check; }

# Local files of a recipe lie in the tree, those of an append beside it or in the tree.
named_files_are_there() {
    local recipe name missing=0
    while IFS=: read -r recipe name; do
        [ -e "$name" ] || [ -n "$(find "$(dirname "$recipe")" -path "*/$name" -print -quit)" ] && continue
        echo "$recipe names $name, which is not there"
        missing=1
    done < <(grep -roE --include='*.bb' --include='*.bbappend' 'file://[A-Za-z0-9_./-]+' $LAYER/recipes-* |
        grep -v 'LICENSE-.*;md5=' | sed 's,file://,,')
    return $missing
}

# What the program embeds is part of what the recipe unpacks.
embedded_files_are_named() {
    local recipe file path missing=0
    recipe=$(echo $LAYER/recipes-hearth/hearth/hearth_*.bb)
    while IFS=: read -r file path; do
        path=$(realpath --relative-to=. "$(dirname "$file")/$path")
        while [ "$path" != . ]; do
            grep -qF "file://$path;subdir=hearth" "$recipe" && continue 2
            path=$(dirname "$path")
        done
        echo "$file embeds what $recipe does not name"
        missing=1
    done < <(grep -roE 'include_(str|bytes)!\("[^"]+"' src --include='*.rs' | sed -E 's/include_(str|bytes)!\("//; s/"$//' | grep -vE '/tests?(/|\.rs:)|rootfs/build/')
    return $missing
}

# says FILE TEXT…: the file has each of the texts
says() {
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || { echo "$file: expected '$text'"; return 1; }
    done
}

card_agrees() {
    local wks=$LAYER/files/wic/hearth.wks.in uboot=$LAYER/recipes-bsp/u-boot/files/hearth.cfg
    local env=$LAYER/recipes-core/rauc/rauc-conf/fw_env.config data
    data=$(sed -n 's/^Type=//p' rootfs/usr/lib/repart.d/90-data.conf)
    says $wks "--part-name hearth-boot" "--part-name hearth-root-a" "--part-name hearth-root-b" &&
        says $LAYER/files/wic/hearth-qemu.wks.in "--part-name hearth-data --part-type ${data:-none}" &&
        says rootfs/etc/fstab "PARTLABEL=hearth-boot" "PARTLABEL=hearth-data" &&
        says rootfs/etc/passwd "hearth:x:900:900:" &&
        says $LAYER/recipes-core/rauc/rauc-conf/system.conf hearth-root-a hearth-root-b &&
        says $uboot CONFIG_ENV_OFFSET=0x100000 CONFIG_ENV_OFFSET_REDUND=0x110000 CONFIG_ENV_SIZE=0x4000 &&
        says $env "/dev/mmcblk0 0x100000 0x4000" "/dev/mmcblk0 0x110000 0x4000"
}

# BitBake unpacks a local file that is named by its whole path under that path, where no task looks for it.
files_are_named_beside_their_recipe() {
    ! grep -rnE 'file://(/|\$\{(HEARTH_KEYRING|TOPDIR|HOME)\})' $LAYER/recipes-*
}

# A radio wants its firmware, the country's rules, and the programs that the daemon starts for it.
radio_has_all() {
    says src/daemon/wifi.rs '"iw"' &&
        says $LAYER/recipes-core/images/hearth-image.bb '    ${MACHINE_EXTRA_RRECOMMENDS} \' &&
        grep -qE '^RDEPENDS.* iw .* wireless-regdb-static wpa-supplicant' $LAYER/recipes-hearth/hearth/hearth_*.bb
}

recipes_keep_the_style() {
    local suppressed=() rule
    # No home page or bug tracker of its own, no CVE name yet, nothing for other classes; and no request to the network.
    for rule in vars.homepageping var.mandatoryvar.HOMEPAGE var.bbclassextend var.suggestedvar.BUGTRACKER var.suggestedvar.CVE_PRODUCT; do
        suppressed+=(--suppress "oelint.$rule")
    done
    find $LAYER -name '*.bb' -o -name '*.bbappend' | sort |
        xargs timeout 60 $VENV/bin/oelint-adv --quiet --relpaths --release "$1" --extra-layer rauc \
            --constantmods +tests/yocto/oelint.json "${suppressed[@]}"
}

kas_files_are_valid() {
    $VENV/bin/python - yocto/kas*.yml <<'PYTHON'
import json, pathlib, sys, kas, yaml
from jsonschema import Draft7Validator
schema = json.loads((pathlib.Path(kas.__file__).parent / "schema-kas.json").read_text())
bad = [(f, e) for f in sys.argv[1:] for e in Draft7Validator(schema).iter_errors(yaml.safe_load(open(f)))]
for file, error in bad:
    print(f"{file}: {error.json_path}: {error.message}")
sys.exit(bool(bad))
PYTHON
}

# Packages are of these versions, so a venv that was made for others is made anew.
tools_are_there() {
    [ "$(cat $VENV/of 2>/dev/null)" = "$TOOLS" ] && return 0
    rm -rf $VENV
    mkdir -p target
    # shellcheck disable=SC2086
    timeout 60 python3 -m venv $VENV >/dev/null 2>&1 && timeout 120 $VENV/bin/pip install --quiet --disable-pip-version-check $TOOLS >/dev/null 2>&1 &&
        echo "$TOOLS" >$VENV/of
}

check "sources of the recipe" sources_are_locked
check "files that recipes name" named_files_are_there
check "files by their names" files_are_named_beside_their_recipe
check "files that the program embeds" embedded_files_are_named
check "partitions, slots and numbers" card_agrees
check "Wi-Fi" radio_has_all
if tools_are_there; then
    for series in scarthgap wrynose; do check "style for $series" recipes_keep_the_style $series; done
    check "kas files" kas_files_are_valid
else
    echo "oelint-adv and kas can't be had from PyPI here: style and kas files not checked"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
