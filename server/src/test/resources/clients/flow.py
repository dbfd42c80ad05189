"""Drives a generated client through every flow: the server, a key, a machine to capture, an OS template."""
import sys
import time

import openapi_client as api
from openapi_client.exceptions import ApiException

server, key, machine, os_template = sys.argv[1:]
client = api.ApiClient(api.Configuration(host=server, access_token=key))
machines = api.MachinesApi(client)
events = api.MachineEventsApi(client)
templates = api.CustomTemplatesApi(client)
snapshots = api.SnapshotsApi(client)
scripts = api.StartupScriptsApi(client)
networks = api.PrivateNetworksApi(client)
addresses = api.PublicIPsApi(client)


def done(event):
    while event.state not in ("done", "error", "cancelled"):
        time.sleep(0.05)
        event = events.get_machine_event(event.id)
    assert event.state == "done", event


def refuses(status, call, *args, **named):
    try:
        call(*args, **named)
    except ApiException as refusal:
        assert refusal.status == status, refusal
        return
    raise AssertionError("status %d was expected" % status)


assert "HEALTHY" in api.ServerApi(client).check_server_answers()
account = api.AccountApi(client)
session = account.get_session()
assert session.team.max_machines > 0 and isinstance(session.user.analytics_id, int)
assert session.user.team_memberships[0].team.id == session.team.id
assert account.get_accounts_standing().messages == []
assert machines.get_availability_of_machine_type_in_region("C5", "ny2").available

captured = templates.create_template(api.CreateCustomTemplate(machine_id=machine, name="python"))
done(captured.event)
template = captured.data.id
assert templates.get_template(template).parent_machine_id == machine
assert templates.update_template(template, api.UpdateCustomTemplate(name="python 2")).name == "python 2"
assert templates.get_storage_of_template(template).chunks > 0
assert [t.id for t in templates.list_templates(name="PYTHON", order_by="name", limit=1).items] == [template]
assert os_template in [t.id for t in api.OSTemplatesApi(client).list_os_templates(limit=120).items]

for source in (template, os_template):
    created = machines.create_machine(api.CreateMachine(
        name="python", machine_type="C5", template_id=source, disk_size=50, region="ny2", start_on_create=False,
        public_ip_type="dynamic", email_password=True, auto_snapshot_enabled=False, auto_shutdown_enabled=False,
        take_initial_snapshot=False, restore_point_enabled=False, enable_nvlink=False, accessor_ids=[]))
    done(created.event)
    copy = machines.get_machine(created.data.id)
    assert copy.state == "off" and copy.public_ip_type == "none" and copy.storage_used > 0 and copy.dt_deleted is None
    updated = machines.update_machine(copy.id, api.UpdateMachine(name="renamed", machine_type="C6", disk_size=100))
    done(updated.event)
    assert copy.id in [m.id for m in machines.list_machines(name="renamed", region="ny2", machine_type="C6").items]
    for power in (machines.start_machine, machines.stop_machine, machines.restart_machine):
        refuses(412, power, copy.id)
    snapshot = snapshots.create_snapshot(api.CreateSnapshot(name="python", machine_id=copy.id))
    done(snapshot.event)
    assert snapshots.get_snapshot(snapshot.data.id).machine_id == copy.id
    assert snapshots.update_snapshot(snapshot.data.id, api.UpdateSnapshot(name="renamed")).name == "renamed"
    assert len(snapshots.list_snapshots(machine_id=copy.id).items) == 1
    done(snapshots.restore_snapshot(snapshot.data.id, api.RestoreSnapshot(create_snapshot_before_restore=False)).event)
    done(snapshots.delete_snapshot(snapshot.data.id).event)
    script = scripts.create_startup_script(api.CreateStartupScript(name="python", script="#!/bin/sh\ntrue\n"))
    assign = api.AssignStartupScript(machine_id=copy.id)
    assert scripts.assign_startup_script(script.id, assign).assigned_machine_ids == [copy.id]
    assert scripts.unassign_startup_script(script.id, assign).assigned_machine_ids == []
    assert not scripts.update_startup_script(script.id, api.UpdateStartupScript(is_enabled=False)).is_enabled
    assert scripts.get_text_of_startup_script(script.id).script == "#!/bin/sh\ntrue\n"
    assert [s.id for s in scripts.list_startup_scripts(name="pyth").items] == [script.id]
    assert scripts.get_startup_script(script.id).dt_deleted is None
    assert scripts.delete_startup_script(script.id).dt_deleted is not None
    done(machines.delete_machine(copy.id).event)
    refuses(404, machines.get_machine, copy.id)

# There is no hypervisor, which networks and addresses take.
assert networks.list_private_networks(region="ny2").items == []
refuses(412, networks.create_private_network, api.CreatePrivateNetwork(name="n", region="ny2"))
refuses(404, networks.get_private_network, "nunknown")
refuses(404, networks.update_private_network, "nunknown", api.UpdatePrivateNetwork(name="n"))
refuses(404, networks.delete_private_network, "nunknown")
assert addresses.list_public_ips().items == []
refuses(412, addresses.claim_public_ip, api.ClaimPublicIp(region="ny2"))
refuses(404, addresses.release_public_ip, "192.0.2.1")

assert events.list_machine_events(machine_id=machine, limit=1).items
events.get_progress_of_machine_event(captured.event.id)
refuses(409, events.cancel_machine_event, captured.event.id)
assert templates.delete_template(template).dt_deleted is not None
refuses(404, templates.get_template, template)
print("every flow is done")
