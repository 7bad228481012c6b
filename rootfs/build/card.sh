#!/usr/bin/env bash
# card.sh WORK IMAGE: the card's image out of what root.sh made: a GPT with an MBR entry for the boot ROM of the Pi 3
# and Zero 2 W, a FAT file system for firmware and hearth.toml, what the boot script knows of the slots, slot A filled,
# slot B empty.
# The data partition is not in it: the box makes it at its first start. Nothing is mounted.
set -euo pipefail
work=$(realpath "$1") image=$(realpath -m "$2")
cd "$(dirname "$0")/../.."
here=rootfs/build
debs=${IMAGE_CACHE:-target/image-cache}/debs
: "${SOURCE_DATE_EPOCH:?}"
export TZ=UTC MTOOLS_SKIP_CHECK=1
PATH=$PATH:/usr/sbin:/sbin
parts=$work/parts
MIB=1048576

unpack() {
    local sum
    sum=$(awk -v name="$1" '$1 == name {print $4}' $here/packages.lock)
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$debs/$sum.deb" | tar -x -C "$2" --no-same-owner
}
unpack u-boot-rpi "$parts/u-boot"
unpack u-boot-qemu "$parts/u-boot"
cp "$parts/u-boot/usr/lib/u-boot/qemu_arm64/u-boot.bin" "$work/u-boot-qemu.bin"

# fat FILE MIB LABEL SERIAL FILES…
fat() {
    rm -f "$1"
    truncate -s $(($2 * MIB)) "$1"
    mkfs.vfat --invariant -F 32 -n "$3" -i "$4" "$1" >/dev/null
    touch -d "@$SOURCE_DATE_EPOCH" "${@:5}"
    mcopy -m -i "$1" "${@:5}" ::
}
mkimage -A arm64 -T script -C none -n hearth -d $here/boot.cmd "$work/boot.scr" >/dev/null
firmware=$parts/raspi/usr/lib/raspi-firmware
trees=$(find "$parts/kernel" -path '*/broadcom/*' \( -name 'bcm2837-rpi-[3z]*.dtb' -o -name 'bcm2711-rpi-*.dtb' -o -name 'bcm2712*-rpi-5-b.dtb' \) | LC_ALL=C sort)
# For a Pi 5 of the second stepping the firmware asks by another name than Linux gives the tree.
cp "$(find "$parts/kernel" -name bcm2712-d-rpi-5-b.dtb)" "$work/bcm2712d0-rpi-5-b.dtb"
cp $here/config.txt rootfs/boot/firmware/hearth.toml "$work/"
# shellcheck disable=SC2086 # one word a file
fat "$work/boot.fat" 48 HEARTH 68656172 "$firmware"/{bootcode.bin,start.elf,start4.elf,fixup.dat,fixup4.dat} \
    "$parts/u-boot/usr/lib/u-boot/rpi_arm64/u-boot.bin" "$work/boot.scr" "$work/config.txt" "$work/hearth.toml" $trees "$work/bcm2712d0-rpi-5-b.dtb"
fat "$work/kernel.fat" 34 KERNEL 68656b61 "$work/kernel/Image.gz" "$work/kernel/initramfs.zst"

linux=0FC63DAF-8483-4772-8E79-3D69D8477DE4
rm -f "$image"
truncate -s 372M "$image"
sfdisk -q "$image" <<TABLE
label: gpt
label-id: 6d2f3c1e-1f3b-4f0e-9a53-686561727400
first-lba: 2048
start=1MiB, size=48MiB, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727401, name=hearth-boot
size=1MiB, type=$linux, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727402, name=hearth-env
size=40MiB, type=$linux, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727403, name=hearth-kernel-a
size=120MiB, type=$linux, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727404, name=hearth-root-a
size=40MiB, type=$linux, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727405, name=hearth-kernel-b
size=120MiB, type=$linux, uuid=6d2f3c1e-1f3b-4f0e-9a53-686561727406, name=hearth-root-b
TABLE
[ "$(stat -c %s "$work/root.squashfs")" -le $((120 * MIB)) ] || { echo "the root does not fit its slot" >&2; exit 1; }
put() { dd if="$1" of="$image" bs=1M seek="$2" conv=notrunc,sparse status=none; }
put "$work/boot.fat" 1
# The boot script's two copies (boot.cmd), the second one newer.
for copy in 1 2; do
    { cat $here/slots.env; echo "BOOT_WRITES=$copy"; } >"$work/slots.env"
    mkenvimage -s 0x4000 -o "$work/slots.$copy" "$work/slots.env"
    dd if="$work/slots.$copy" of="$image" bs=64K seek=$((49 * 16 + copy - 1)) conv=notrunc status=none
done
put "$work/kernel.fat" 50
put "$work/root.squashfs" 90

# MBR: entry 1 is the FAT partition (type 0c), entry 2 protects what is before it, as the firmware in ROM and GPT readers both accept.
entry() { printf "\\x$1\\xfe\\xff\\xff\\x$2\\xfe\\xff\\xff"; for value in "$3" "$4"; do printf "\\x$(printf %02x $((value & 255)))\\x$(printf %02x $((value >> 8 & 255)))\\x$(printf %02x $((value >> 16 & 255)))\\x$(printf %02x $((value >> 24 & 255)))"; done; }
{ entry 00 0c 2048 $((48 * 2048)); entry 00 ee 1 2047; } | dd of="$image" bs=1 seek=446 conv=notrunc status=none
