# U-Boot: takes the first slot in BOOT_ORDER that has tries left, counts one off, loads kernel and initramfs of it and
# says which partition is the root. `hearth slot good` gives the tries back once the box is well.
# Partitions: 1 boot, 2 env, 3 kernel-a, 4 root-a, 5 kernel-b, 6 root-b, 7 data.
if test -z "${devtype}"; then setenv devtype mmc; setenv devnum 0; fi

# Addresses clear of U-Boot, the device tree and each other, for 512 MiB boards.
setenv kernel_addr 0x00400000
setenv ramdisk_addr 0x0e000000
setenv kernel_comp_addr_r 0x0a000000
setenv kernel_comp_size 0x04000000
setenv console_arg
if test "${board}" = "qemu-arm"; then
  setenv kernel_addr 0x42000000
  setenv ramdisk_addr 0x48000000
  setenv kernel_comp_addr_r 0x50000000
  setenv console_arg "console=ttyAMA0,115200"
fi

# What is known of the slots: two copies of 16 KiB, 64 KiB apart, each with a CRC. The one with more writes counts, and the
# other one is written, because a write that loses its power leaves neither the old copy nor the new one.
setenv copy_size 0x4000
setenv copy_blocks 0x20
setenv copy_a ${kernel_addr}
setexpr copy_b ${kernel_addr} + 0x10000
part start ${devtype} ${devnum} 2 block_a
setexpr block_b ${block_a} + 0x80
${devtype} dev ${devnum}
${devtype} read ${copy_a} ${block_a} ${copy_blocks}
${devtype} read ${copy_b} ${block_b} ${copy_blocks}
setenv writes_a 0
setenv writes_b 0
setenv BOOT_WRITES
if env import -c ${copy_a} ${copy_size} BOOT_WRITES; then setenv writes_a ${BOOT_WRITES}; fi
setenv BOOT_WRITES
if env import -c ${copy_b} ${copy_size} BOOT_WRITES; then setenv writes_b ${BOOT_WRITES}; fi
setenv BOOT_WRITES
setenv newer ${copy_a}
setenv older_block ${block_b}
if test 0x${writes_b} -gt 0x${writes_a}; then
  setenv newer ${copy_b}
  setenv older_block ${block_a}
fi
setenv BOOT_ORDER
setenv BOOT_A_LEFT
setenv BOOT_B_LEFT
setenv BOOT_TRIAL
env import -c ${newer} ${copy_size} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT BOOT_TRIAL BOOT_WRITES || echo "hearth: nothing is known of the slots"
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3
test -n "${BOOT_TRIAL}" || setenv BOOT_TRIAL none
test -n "${BOOT_WRITES}" || setenv BOOT_WRITES 0

# A slot that has used up its tries is told to the system that starts in its place.
setenv slot
setenv failed_arg
for candidate in ${BOOT_ORDER}; do
  if test "${candidate}" = "A"; then
    if test 0x${BOOT_A_LEFT} -eq 0; then
      setenv failed_arg "hearth.failed=a"
    elif test -z "${slot}"; then
      setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
      setenv slot a
      setenv kernel_part 3
    fi
  fi
  if test "${candidate}" = "B"; then
    if test 0x${BOOT_B_LEFT} -eq 0; then
      setenv failed_arg "hearth.failed=b"
    elif test -z "${slot}"; then
      setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
      setenv slot b
      setenv kernel_part 5
    fi
  fi
done
# No tries left anywhere: all again, rather than a dead box.
if test -z "${slot}"; then
  setenv BOOT_ORDER "A B"
  setenv BOOT_A_LEFT 3
  setenv BOOT_B_LEFT 3
  setenv BOOT_TRIAL none
fi
setexpr BOOT_WRITES ${BOOT_WRITES} + 1
env export -c -s ${copy_size} ${copy_a} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT BOOT_TRIAL BOOT_WRITES
${devtype} write ${copy_a} ${older_block} ${copy_blocks} || echo "hearth: the card was not written"
echo "hearth: slot ${slot}, tries left: a ${BOOT_A_LEFT}, b ${BOOT_B_LEFT}"
test -n "${slot}" || reset

# The board's serial number, twice, is a machine id that outlives a read-only root.
setenv id_arg
if test -n "${serial#}"; then setenv id_arg "systemd.machine_id=${serial#}${serial#}"; fi

# extra.env on the boot partition: a line extra=WORDS adds words to the kernel's command line.
setenv extra
if load ${devtype} ${devnum}:1 ${ramdisk_addr} extra.env; then env import -t ${ramdisk_addr} ${filesize} extra; fi

# gpt: the partition table at the card's end counts if the plug was pulled while the first one was written.
setenv bootargs "${console_arg} gpt root=PARTLABEL=hearth-root-${slot} ro rootfstype=squashfs panic=10 fsck.repair=yes systemd.show_status=0 quiet loglevel=4 ${failed_arg} ${id_arg} ${extra}"
load ${devtype} ${devnum}:${kernel_part} ${kernel_addr} Image.gz || reset
load ${devtype} ${devnum}:${kernel_part} ${ramdisk_addr} initramfs.zst || reset
setenv tree ${fdt_addr}
test -n "${tree}" || setenv tree ${fdtcontroladdr}
booti ${kernel_addr} ${ramdisk_addr}:${filesize} ${tree} || reset
