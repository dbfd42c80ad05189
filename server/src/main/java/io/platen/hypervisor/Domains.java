package io.platen.hypervisor;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which domains there are, and which of them are active: running, or paused with their memory in
 * place.
 */
public final class Domains {
  private static final Pattern LISTED =
      Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) +(.+)");
  private static final Pattern NAMED = Pattern.compile("Domain: '(.*)'");
  private static final Pattern STATE = Pattern.compile("state\\.state=(\\d+)");

  /** VIR_DOMAIN_SHUTOFF and VIR_DOMAIN_CRASHED of libvirt's virDomainState. */
  private static final int SHUT_OFF = 5;

  private static final int CRASHED = 6;

  private final Map<String, Boolean> active = new HashMap<>();
  private final Set<String> names = new HashSet<>();

  private Domains() {}

  /**
   * Reads {@code list --all --uuid --name} followed by {@code domstats --state}.
   *
   * @throws HypervisorException where the list is missing: virsh goes on with the second command
   *     after a connection broke at the first, and reports no failure
   */
  static Domains parse(String text) throws HypervisorException {
    var domains = new Domains();
    var uuids = new HashMap<String, String>();
    String name = "";
    for (String line : text.lines().map(String::strip).toList()) {
      var listed = LISTED.matcher(line);
      var named = NAMED.matcher(line);
      var state = STATE.matcher(line);
      if (listed.matches()) {
        uuids.put(listed.group(2), listed.group(1));
      } else if (named.matches()) {
        name = named.group(1);
      } else if (state.matches()) {
        int number = Integer.parseInt(state.group(1));
        domains.add(name, uuids.get(name), number != SHUT_OFF && number != CRASHED);
      }
    }
    if (uuids.isEmpty() && !domains.names.isEmpty()) {
      throw new HypervisorException("libvirt broke off when it was asked for its domains");
    }
    return domains;
  }

  private void add(String name, @Nullable String uuid, boolean isActive) {
    names.add(name);
    active.put(name, isActive);
    if (uuid != null) {
      active.put(uuid, isActive);
    }
  }

  /** Their names. */
  public Set<String> names() {
    return Set.copyOf(names);
  }

  /** Whether a domain, by name or UUID, is active; empty where there is no such domain. */
  public Optional<Boolean> isActive(String domain) {
    return Optional.ofNullable(active.get(domain));
  }
}
