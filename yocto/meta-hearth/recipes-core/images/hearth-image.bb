SUMMARY = "A card that is a live-TV station"
DESCRIPTION = "Read-only root in one of two slots, settings on the boot partition, accounts on a partition made at the first start."
SECTION = "base"
LICENSE = "MIT"

inherit core-image

IMAGE_INSTALL = "\
    packagegroup-core-boot \
    hearth \
    kernel-modules \
    ${CORE_IMAGE_EXTRA_INSTALL} \
"
# Boards have two slots and U-Boot to choose between them; QEMU starts the kernel itself. The machine recommends its radio's firmware.
IMAGE_INSTALL:append:rpi = "\
    ${MACHINE_EXTRA_RRECOMMENDS} \
    kernel-devicetree \
    kernel-image \
    libubootenv-bin \
    rauc \
    rauc-mark-good \
    rauc-service \
"
IMAGE_FEATURES += "read-only-rootfs"
IMAGE_LINGUAS = ""

# The slot and the bundle hold the same bytes. U-Boot reads this ext4 without its newest features.
IMAGE_FSTYPES = "ext4 wic.bz2 wic.bmap"
IMAGE_FSTYPES:qemuarm64 = "ext4 wic"
IMAGE_TYPEDEP:wic = "ext4"
EXTRA_IMAGECMD:ext4 = "-i 4096 -O ^metadata_csum_seed,^orphan_file"

WKS_FILE = "${HEARTH_LAYER}/files/wic/hearth.wks.in"
WKS_FILE:qemuarm64 = "${HEARTH_LAYER}/files/wic/hearth-qemu.wks.in"
IMAGE_BOOT_FILES:append = " hearth.toml"
do_image_wic[depends] += "hearth:do_deploy"
