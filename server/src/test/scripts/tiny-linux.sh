#!/usr/bin/env bash
# Makes a raw disk of 256 MiB that boots (BIOS) into a Linux of Debian's kernel and busybox, in seconds even when emulated.
# usage: tiny-linux.sh OUT.raw [agent|debian]     needs root, loop devices, and the packages that "./platen test" installs
#
# The guest takes an address by DHCP on each card, listens to the power button, mounts its disk, tells BOOT_OK and how often it was
# booted before, and then appends "NUMBER UPTIME" to /ticks ten times a second, synced each time: a gap is a pause, a
# missing line is lost data. On its console it tells every tenth tick. With "agent", Debian's qemu-guest-agent runs in it.
#
# With "debian", the disk has 1.5 GiB and holds a small Debian of this host's release, made by mmdebstrap, with systemd,
# cloud-init, sshd and qemu-guest-agent as they come; only the kernel's modules are loaded by an initrd of ours.
set -euo pipefail
out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'umount -q "$work/mnt" || true; [ -z "${loop:-}" ] || losetup -d "$loop" || true; rm -rf "$work"' EXIT
cd "$work"
chmod 755 "$work"
export PATH=$PATH:/usr/sbin:/sbin

kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/{print $2; exit}')
for attempt in 1 2 3; do
  apt-get download -q "$kernel" >download.log 2>&1 && break
  [ $attempt = 3 ] && { cat download.log >&2; exit 1; }
  apt-get update -q >/dev/null 2>&1
done
dpkg-deb -x "$kernel"_*.deb kernel
version=$(ls kernel/lib/modules)
depmod -b kernel "$version"

mkdir -p ird/{bin,lib,proc,sys,dev,mnt} mnt
busybox=$(command -v busybox)
! ldd "$busybox" >/dev/null 2>&1 || { echo "$busybox is not static: apt-get install -y busybox-static" >&2; exit 1; }
cp "$busybox" ird/bin/busybox
modules="virtio_pci virtio_blk virtio_net virtio_console af_packet button evdev"
[ "${2:-}" != debian ] || modules="$modules ata_piix sr_mod isofs"
order=""
for module in $modules; do
  # What is built into the kernel has no file.
  for file in $(modprobe -d kernel -S "$version" --show-depends "$module" 2>/dev/null | awk '/^insmod/{print $2}'); do
    name=$(basename "$file")
    [ -e "ird/lib/$name" ] || { cp "$file" ird/lib/; order="$order $name"; }
  done
done

if [ "${2:-}" = agent ]; then
  apt-get download -q qemu-guest-agent >download.log 2>&1 || { cat download.log >&2; exit 1; }
  dpkg-deb -x qemu-guest-agent_*.deb agent
  ldd agent/usr/sbin/qemu-ga | grep 'not found' >&2 && exit 1
  # Its libraries are those of the host, which is of the same release.
  for file in agent/usr/sbin/qemu-ga $(ldd agent/usr/sbin/qemu-ga | grep -o '/[^ ]*\.so[^ ]*'); do
    target=ird/${file#agent}
    mkdir -p "$(dirname "$target")"
    cp -L "$file" "$target"
  done
  mkdir -p ird/var/run
fi

cat >ird/dhcp <<'DHCP'
#!/bin/busybox sh
[ "$1" = bound ] && /bin/busybox ip addr add "$ip/24" dev "$interface"
[ "$1" = bound ] && [ -n "$router" ] && /bin/busybox ip route add default via "$router"
exit 0
DHCP
cat >ird/init <<INIT
#!/bin/busybox sh
for applet in mount insmod sleep cat wc cut sync usleep ip udhcpc dd poweroff od; do
  eval "\$applet() { /bin/busybox \$applet \"\\\$@\"; }"
done
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
for module in $order; do insmod /lib/\$module; done
for event in /dev/input/event*; do
  # An event of 24 bytes: somebody pressed the power button.
  [ -e \$event ] && (dd if=\$event of=/dev/null bs=24 count=1 2>/dev/null && sync && poweroff -f) &
done
for card in /sys/class/net/eth*; do
  card=\${card##*/}
  ip link set \$card up && udhcpc -i \$card -s /dhcp -q -n -t 20 >/dev/null 2>&1 &
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e /dev/vda1 ] && break; sleep 0.1; done
mount -t ext4 /dev/vda1 /mnt && echo "BOOT_OK \$(cat /mnt/boots 2>/dev/null | wc -l) \$(cat /mnt/etc/hostname)"
echo x >>/mnt/boots; sync
# The agent freezes the file systems that the table of mounts names.
if [ -x /usr/sbin/qemu-ga ]; then
  for port in /dev/vport*; do
    /usr/sbin/qemu-ga -m virtio-serial -p \$port >/dev/ttyS0 2>&1 &
  done
fi
n=\$(cat /mnt/ticks 2>/dev/null | wc -l)
while true; do
  n=\$((n + 1))
  echo "\$n \$(cut -d' ' -f1 /proc/uptime)" >>/mnt/ticks; sync
  case \$n in *0) echo "TICK \$n" ;; esac
  usleep 100000
done
INIT
if [ "${2:-}" = debian ]; then
  cat >ird/init <<INIT
#!/bin/busybox sh
busybox=/bin/busybox
for applet in mount umount insmod sleep switch_root; do eval "\$applet() { \$busybox \$applet \"\\\$@\"; }"; done
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
for module in $order; do insmod /lib/\$module; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e /dev/vda1 ] && break; sleep 0.1; done
mount -t ext4 /dev/vda1 /mnt
umount /proc; umount /sys; umount /dev
exec /bin/busybox switch_root /mnt /sbin/init
INIT
  mmdebstrap --quiet --variant=minbase --mode=root --include=systemd-sysv,udev,cloud-init,qemu-guest-agent,openssh-server,busybox \
    --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$(. /etc/os-release; echo "$VERSION_CODENAME")" debian.tar
fi
chmod +x ird/init ird/dhcp
(cd ird && find . | cpio -o -H newc 2>/dev/null | gzip -1 >../initrd.gz)

truncate -s $([ "${2:-}" = debian ] && echo 1536M || echo 256M) "$out"
echo 'start=2048, type=83, bootable' | sfdisk -q "$out"
loop=$(losetup -f --show -o 1048576 "$out")
mkfs.ext4 -q -O ^64bit "$loop"
mount "$loop" mnt
if [ "${2:-}" = debian ]; then
  tar -xf debian.tar -C mnt
  # No other host is looked for, which takes minutes where there is none.
  # Keys of other kinds than this take long where they are emulated.
  printf 'datasource_list: [NoCloud, None]\nssh_genkeytypes: [ed25519]\n' >mnt/etc/cloud/cloud.cfg.d/99-tests.cfg
  printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\n' >mnt/etc/systemd/network/tests.network
  systemctl --root=mnt enable -q systemd-networkd
  # Packages, locales and keys are not what is tested, and take long where they are emulated; the console is for the tests.
  systemctl --root=mnt mask -q cloud-config.service apt-daily.timer apt-daily-upgrade.timer serial-getty@ttyS0.service
fi
mkdir -p mnt/boot mnt/etc/ssh mnt/usr
cp kernel/boot/vmlinuz-* mnt/boot/vmlinuz
cp initrd.gz mnt/boot/
echo 0123456789abcdef0123456789abcdef >mnt/etc/machine-id
echo original >mnt/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 original\n' >mnt/etc/hosts
rm -f mnt/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C root@original -f mnt/etc/ssh/ssh_host_ed25519_key
printf 'DEFAULT l\nLABEL l\n KERNEL /boot/vmlinuz\n INITRD /boot/initrd.gz\n APPEND console=ttyS0 quiet\n' >mnt/boot/extlinux.conf
extlinux --install mnt/boot >/dev/null 2>&1
umount mnt
losetup -d "$loop"
loop=
dd if=/usr/lib/syslinux/mbr/mbr.bin of="$out" bs=440 count=1 conv=notrunc status=none
