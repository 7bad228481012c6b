FILESEXTRAPATHS:prepend:hearth := "${THISDIR}/files:"
SRC_URI:append:hearth = " file://hearth.cfg"
