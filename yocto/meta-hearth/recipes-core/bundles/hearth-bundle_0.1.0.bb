SUMMARY = "Hearth's update: one signed file for the slot that is not running"
DESCRIPTION = "A RAUC bundle with the root file system, kernel included, of hearth-image."
SECTION = "base"
LICENSE = "MIT"

# Nothing is fetched: the slot's image is built here.
SRC_URI = ""

inherit bundle

RAUC_BUNDLE_COMPATIBLE = "hearth-${MACHINE}"
RAUC_BUNDLE_DESCRIPTION = "Hearth"
RAUC_BUNDLE_FORMAT = "verity"
RAUC_BUNDLE_SLOTS = "rootfs"
RAUC_SLOT_rootfs = "hearth-image"
RAUC_SLOT_rootfs[fstype] = "ext4"

COMPATIBLE_MACHINE = "^rpi$"
