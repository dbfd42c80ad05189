#!/usr/bin/env bash
# Makes the disk of a Debian with systemd, libvirt, QEMU and AppArmor, into which a package of Platen can be installed without a
# network, and beside it the kernel and the key that boot it and let root in.
# usage: package-guest.sh DIR     needs root; some minutes
set -euo pipefail
out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$out"
root=$work/root

# What the package depends on and recommends, and what a guest needs that is spoken to with ssh.
packages=systemd-sysv,udev,dbus,openssh-server,linux-image-cloud-amd64,iproute2,procps,kmod,curl,apparmor,iptables
packages+=,acl,adduser,ca-certificates,debconf,p11-kit,p11-kit-modules,qemu-utils
packages+=,bubblewrap,e2fsprogs,fdisk,libvirt-clients,libvirt-daemon-system,dnsmasq-base,openssh-client,qemu-system-x86,seabios,xorriso
mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" \
  --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$root"

rm -f "$out/key" "$out/key.pub"
ssh-keygen -q -t ed25519 -N '' -f "$out/key"
install -Dm 600 "$out/key.pub" "$root/root/.ssh/authorized_keys"
chmod 700 "$root/root/.ssh"
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -f "$root/etc/ssh/ssh_host_ed25519_key"
echo package-guest >"$root/etc/hostname"
printf '127.0.0.1 localhost package-guest\n' >"$root/etc/hosts"
echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/tests.network"
systemctl --root="$root" enable -q systemd-networkd
systemctl --root="$root" mask -q apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer man-db.timer
# Where all is emulated, the second compiler of Java takes longer than it saves, and libvirt takes seconds to answer.
settings='JDK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1 PLATEN_LIBVIRT_TIMEOUT_SECONDS=300'
for unit in platen platen-train; do
  mkdir -p "$root/etc/systemd/system/$unit.service.d"
  printf '[Service]\nEnvironment=%s\n' "$settings" >"$root/etc/systemd/system/$unit.service.d/emulated.conf"
done
printf '%s\n' $settings >>"$root/etc/environment"

cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$root"/boot/initrd.img-* "$out/initrd"
rm -f "$out/disk.raw"
truncate -s 16G "$out/disk.raw"
mke2fs -q -t ext4 -d "$root" "$out/disk.raw"
