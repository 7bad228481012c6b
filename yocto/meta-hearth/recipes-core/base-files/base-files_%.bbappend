FILESEXTRAPATHS:prepend:hearth := "${HEARTH_TREE}:"
SRC_URI:append:hearth = " file://rootfs/etc/fstab;subdir=hearth"

# The card's partitions as in the other image; tmpfs and the root are poky's own matter.
do_install:append:hearth() {
    grep '^PARTLABEL=' ${UNPACKDIR}/hearth/rootfs/etc/fstab >> ${D}${sysconfdir}/fstab
}
