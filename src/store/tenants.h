/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The state folder: STATE/tenants/UID/irc.db, and STATE/servers/N -> ../tenants/UID, which says
 * whose connection N is. A number is allotted by creating that link exclusively, so that no two are
 * ever the same, on any number of processes. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct {
        uint32_t id;
        uid_t owner;
} IcTenantServer;

/* Makes STATE, STATE/servers and STATE/tenants/UID where they are missing. Modes are 0770 less the
 * umask; the group is inherited (setgid) so that the worker may write what the controller made. */
bool ic_tenants_ensure(
        const char *state_dir, uid_t owner, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* "STATE/tenants/UID". */
char *ic_tenants_folder(const char *state_dir, uid_t owner);
/* "STATE/servers/N". */
char *ic_tenants_link(const char *state_dir, uint32_t id);

/* The lowest free number becomes the owner's. LIMIT when all are taken. */
bool ic_tenants_allot(const char *state_dir, uid_t owner, uint32_t *ret_id,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The number is free again; what is in the database is not touched. */
bool ic_tenants_release(
        const char *state_dir, uint32_t id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* NO_SUCH_SERVER when there is no such link, or what it names is not a tenant's folder. */
bool ic_tenants_owner(const char *state_dir, uint32_t id, uid_t *ret_owner,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* All connections of the machine, by number: GArray of IcTenantServer. A state folder that does not
 * exist yet has none. */
GArray *ic_tenants_list(const char *state_dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;
