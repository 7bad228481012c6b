#!/usr/bin/env bash
# root.sh WORK DAEMON: makes WORK/root.squashfs and WORK/kernel/{Image.gz,initramfs.zst} of the locked packages, the overlay and the
# daemon. Nothing of another architecture is run, nothing is mounted, no root is needed: packages are unpacked, not
# installed, and what their scripts would write stands in the overlay.
set -euo pipefail
work=$(realpath -m "$1") daemon=$(realpath "$2")
cd "$(dirname "$0")/../.."
here=rootfs/build
debs=${IMAGE_CACHE:-target/image-cache}/debs
: "${SOURCE_DATE_EPOCH:?}"
PATH=$PATH:/usr/sbin:/sbin
umask 022

# unpack PACKAGE FOLDER [PATTERN…]
unpack() {
    local sum
    sum=$(awk -v name="$1" '$1 == name {print $4}' $here/packages.lock)
    [ -n "$sum" ] || { echo "$1 is not in packages.lock" >&2; return 1; }
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$debs/$sum.deb" | tar -x -C "$2" --keep-directory-symlink --no-same-owner --wildcards "${@:3}"
}
# names REGEX: locked packages whose name matches
names() { awk -v like="$1" '!/^#/ && $1 ~ like {print $1}' $here/packages.lock; }

rm -rf "$work/root" "$work/parts" "$work/initramfs"
mkdir -p "$work/root" "$work/parts" "$work/initramfs" "$work/kernel"
root=$work/root parts=$work/parts

# Taken apart: only some files of these are wanted.
apart='^(linux-.*|busybox-static|raspi-firmware|firmware-brcm80211|u-boot-.*)$'
unpack base-files "$root"
for package in $(names '.'); do
    [[ $package =~ $apart ]] || [ "$package" = base-files ] || unpack "$package" "$root"
done

# prune.txt: patterns; those with nothing to match are a mistake only if the package set changed, so they pass.
(
    cd "$root"
    shopt -s nullglob
    # shellcheck disable=SC2046 # patterns are meant to be expanded
    rm -rf -- $(sed 's/#.*//' "$OLDPWD/$here/prune.txt")
    find . -xtype l -path './usr/lib/systemd/*' -delete
    find . -name '*.a' -delete
)

# The overlay mirrors the root one to one; units have a folder of their own.
cp -a rootfs/. "$root/"
rm -rf "$root/build" "$root/boot/firmware/hearth.toml" "$root/data/.keep"
cp systemd/*.{service,socket} "$root/usr/lib/systemd/system/"
while read -r link target; do
    mkdir -p "$root/$(dirname "$link")"
    ln -sfn "$target" "$root/$link"
    # What stands in /run is made at start.
    case $target in */run/*) continue ;; /*) at=$root$target ;; *) at=$root/$(dirname "$link")/$target ;; esac
    [ -e "$at" ] || { echo "links.txt: $link leads to $target, which is not there" >&2; exit 1; }
done < <(grep -v '^#' $here/links.txt)
node $here/update.mjs public >"$root/usr/share/hearth/update.pub"
install -m 755 "$daemon" "$root/usr/bin/hearth"
: >"$root/etc/shadow"
# Whoever checked the sources out had a mask of their own.
chmod -R go=u,go-w "$root"

# Kernel modules: uncompressed, because squashfs does that better and udev then reads them without unpacking.
release=$(basename "$(names '^linux-modules-[0-9]' | sed 's/^linux-modules-//')")
for package in $(names '^linux-(binary|modules|base)-[0-9]'); do
    unpack "$package" "$parts/kernel" --exclude '*/dtb/[!b]*'
done
modules=$parts/kernel/usr/lib/modules/$release
ln -sfn usr/lib "$parts/kernel/lib"
depmod -b "$parts/kernel" "$release"
# listed SECTION: the names of a section of modules.txt
listed() { awk -v want="[$1]" '/^\[/ {on = ($0 == want); next} on && !/^#/ {for (i = 1; i <= NF; i++) print $i}' $here/modules.txt; }
# add_modules FOLDER-WITH-lib NAMES-FILE
add_modules() {
    local to="$1/lib/modules/$release" file
    mkdir -p "$to"
    awk -f $here/closure.awk "$modules"/modules.{builtin,dep,softdep} "$2" | LC_ALL=C sort | while read -r file; do
        mkdir -p "$to/$(dirname "$file")"
        xz -dc "$modules/$file" >"$to/${file%.xz}"
    done
    cp "$modules"/modules.{builtin,builtin.modinfo,order} "$to/"
    depmod -b "$1" "$release" 2> >(grep -v 'could not open\|modules.builtin' >&2 || true)
}
listed initramfs >"$work/modules.initramfs"
{ listed initramfs; listed root; } >"$work/modules.root"
add_modules "$root" "$work/modules.root"
add_modules "$work/initramfs" "$work/modules.initramfs"

# Wi-Fi firmware of the boards' radios. That of the 43430's revision 2 (some Zero 2 W; brcmfmac43430b0) is in no package of Debian's.
unpack firmware-brcm80211 "$parts/wifi" '*/brcmfmac434[35]*' '*/cyfmac434[35]*'
unpack raspi-firmware "$parts/raspi"
mkdir -p "$root/usr/lib/firmware/brcm" "$root/usr/lib/firmware/cypress"
for radio in 43430 43455 43456; do
    mapfile -t files < <(find "$parts/wifi" "$parts/raspi" \( -type f -o -type l \) -name "*fmac$radio-sdio*")
    for file in "${files[@]}"; do cp -a "$file" "$root/usr/lib/firmware/$(basename "$(dirname "$file")")/"; done
    [ -e "$root/usr/lib/firmware/brcm/brcmfmac$radio-sdio.bin" ] || { echo "no firmware for the radio $radio" >&2; exit 1; }
done

# Initramfs: busybox, the modules that the card needs, init.
unpack busybox-static "$parts/busybox"
initramfs=$work/initramfs
mkdir -p "$initramfs"/{bin,dev,proc,sys,run,sysroot}
install -m 755 "$parts/busybox/usr/bin/busybox" "$initramfs/bin/busybox"
for name in sh mount umount switch_root modprobe sleep cat echo grep sed reboot; do ln -s busybox "$initramfs/bin/$name"; done
install -m 755 $here/init "$initramfs/init"
cp "$work/modules.initramfs" "$initramfs/modules"
find "$initramfs" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$initramfs" && find . -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --quiet --reproducible --owner=0:0) |
    zstd -19 -q -c >"$work/kernel/initramfs.zst"
if [ ! -e "$work/kernel/Image.gz" ] || ! cmp -s "$modules/vmlinuz" <(gzip -dc "$work/kernel/Image.gz"); then
    gzip -9 -n -c "$modules/vmlinuz" >"$work/kernel/Image.gz"
fi

# systemd takes the time of this file for now until it knows better.
touch -d "@$SOURCE_DATE_EPOCH" "$root/usr/lib/clock-epoch"
rm -f "$work/root.squashfs"
env -u SOURCE_DATE_EPOCH mksquashfs "$root" "$work/root.squashfs" -noappend -no-progress -quiet -all-root -no-xattrs -no-exports \
    -mkfs-time "$SOURCE_DATE_EPOCH" -all-time "$SOURCE_DATE_EPOCH" -comp zstd -Xcompression-level "${SQUASH_LEVEL:-15}" -b 256K \
    -p 'etc/shadow m 600 0 0' -p 'root m 700 0 0'
