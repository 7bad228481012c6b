SUMMARY = "The household's live-TV station"
DESCRIPTION = "One memory-bounded daemon: RTMP in, HLS and pages out. With its systemd units, firewall and settings."
SECTION = "multimedia"
LICENSE = "Apache-2.0 | MIT"
LIC_FILES_CHKSUM = "\
    file://LICENSE-APACHE;md5=3b83ef96387f14655fc854ddc3c6bd57 \
    file://LICENSE-MIT;md5=dd643a71ba5ba9ce16050e65e276dc8e \
"
# All crates are on disk before the build starts: nothing is fetched while compiling.
require hearth-sources.inc

# scarthgap unpacks into WORKDIR, later series into a folder of its own.
UNPACKDIR ??= "${WORKDIR}"
# The sources are the tree that this layer lies in.
# nooelint: oelint.vars.fileextrapaths,oelint.vars.outofcontext
FILESEXTRAPATHS:prepend := "${HEARTH_TREE}:"
SRC_URI += "\
    file://Cargo.lock;subdir=hearth \
    file://Cargo.toml;subdir=hearth \
    file://LICENSE-APACHE;subdir=hearth \
    file://LICENSE-MIT;subdir=hearth \
    file://askama.toml;subdir=hearth \
    file://build.rs;subdir=hearth \
    file://src;subdir=hearth \
    file://tests/tools/publish.rs;subdir=hearth \
    file://web/api;subdir=hearth \
    file://web/css;subdir=hearth \
    file://web/demo/clip.flv;subdir=hearth \
    file://web/icons;subdir=hearth \
    file://web/js;subdir=hearth \
    file://web/templates;subdir=hearth \
    file://systemd;subdir=hearth \
    file://rootfs/boot/firmware/hearth.toml;subdir=hearth \
    file://rootfs/etc/nftables.conf;subdir=hearth \
    file://rootfs/etc/sysctl.d/10-hearth.conf;subdir=hearth \
    file://rootfs/etc/systemd/journald.conf.d/10-hearth.conf;subdir=hearth \
    file://rootfs/etc/systemd/network;subdir=hearth \
    file://rootfs/etc/systemd/resolved.conf.d/10-hearth.conf;subdir=hearth \
    file://rootfs/etc/systemd/system.conf.d/10-hearth.conf;subdir=hearth \
    file://rootfs/etc/systemd/system/systemd-repart.service.d/10-hearth.conf;subdir=hearth \
    file://rootfs/usr/lib/hearth;subdir=hearth \
    file://rootfs/usr/lib/repart.d/90-data.conf;subdir=hearth \
    file://rootfs/usr/lib/udev/rules.d/80-hearth-light.rules;subdir=hearth \
    file://rootfs/usr/share/hearth/box.toml;subdir=hearth \
"

S = "${UNPACKDIR}/hearth"

inherit cargo_bin deploy systemd useradd

SYSTEMD_SERVICE:${PN} = "\
    hearth.service \
    hearth-card.service \
    hearth-console.service \
    hearth-firewall.service \
    hearth-limits.service \
    hearth-wifi.service \
"

USERADD_PACKAGES = "${PN}"
# The data partition outlives updates, so its owner's number is fixed.
GROUPADD_PARAM:${PN} = "--system --gid 900 hearth"
USERADD_PARAM:${PN} = "--system --uid 900 --gid hearth --home-dir /data --no-create-home --shell /sbin/nologin hearth"

# hls.js is embedded into the program (build.rs).
export HEARTH_HLS_JS = "${UNPACKDIR}/hls.js/package/dist/hls.light.min.js"

# The symbols are split off by the packaging, so cargo leaves them in.
EXTRA_CARGO_FLAGS = "--frozen --config ${WORKDIR}/crates.toml --config 'profile.release.strip="none"'"

do_configure:append() {
    printf '[source.crates-io]\nreplace-with = "fetched"\n\n[source.fetched]\ndirectory = "%s"\n' \
        "${UNPACKDIR}/cargo_home/bitbake" > ${WORKDIR}/crates.toml
}

do_install:append() {
    install -d ${D}${systemd_system_unitdir}
    install -m 0644 ${S}/systemd/*.service ${D}${systemd_system_unitdir}/
    # Slots are RAUC's here.
    rm ${D}${systemd_system_unitdir}/hearth-slot.service ${D}${systemd_system_unitdir}/hearth-update@.service

    (cd ${S}/rootfs && find etc usr -type f) | while read -r file; do
        install -D -m 0644 "${S}/rootfs/$file" "${D}/$file"
    done
    chmod 0755 ${D}${nonarch_libdir}/hearth/*

    # An update counts as good once the daemon serves.
    install -d ${D}${systemd_system_unitdir}/rauc-mark-good.service.d
    printf '[Unit]\nRequires=hearth.service\nAfter=hearth.service\n' \
        > ${D}${systemd_system_unitdir}/rauc-mark-good.service.d/10-hearth.conf

    # Where the card's partitions go: the root is read-only.
    install -d ${D}/boot/firmware ${D}/data
}

do_deploy() {
    install -m 0644 ${S}/rootfs/boot/firmware/hearth.toml ${DEPLOYDIR}/hearth.toml
}
addtask deploy after do_compile before do_build

FILES:${PN} += "\
    ${nonarch_libdir}/hearth \
    ${nonarch_libdir}/repart.d \
    ${nonarch_libdir}/udev \
    ${systemd_system_unitdir} \
    /boot/firmware \
    /data \
"

RDEPENDS:${PN} += "e2fsprogs-mke2fs iw nftables wireless-regdb-static wpa-supplicant"
