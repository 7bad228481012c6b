# The certificate is looked for by its name: named by its whole path, it would be unpacked under that path and not be found.
FILESEXTRAPATHS:prepend:hearth := "${THISDIR}/${PN}:${@os.path.dirname(d.getVar('HEARTH_KEYRING') or '')}:"
SRC_URI:append:hearth = " file://fw_env.config"

RAUC_KEYRING_FILE:hearth = "${@os.path.basename(d.getVar('HEARTH_KEYRING') or '')}"

do_install:append:hearth() {
    sed -i -e 's/@MACHINE@/${MACHINE}/' -e 's/@KEYRING@/${RAUC_KEYRING_FILE}/' $(find ${D} -name system.conf)
    install -m 0644 ${UNPACKDIR}/fw_env.config ${D}${sysconfdir}/fw_env.config
}

# The layer below has an example certificate: a card that trusts it would take anybody's update.
# nooelint: oelint.task.noanonpython,oelint.vars.noncoreoverride
python () {
    if d.getVar('DISTRO') == 'hearth' and not d.getVar('HEARTH_KEYRING'):
        raise bb.parse.SkipRecipe('HEARTH_KEYRING must name the certificate that updates are signed for (yocto/README.md)')
}
