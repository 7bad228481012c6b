FILESEXTRAPATHS:prepend:hearth := "${THISDIR}/files:"
