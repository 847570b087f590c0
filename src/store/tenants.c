/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The state folder. A link in servers/ is read, never followed: what it says must be exactly the
 * way to a tenant's folder. */

#include "store/tenants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/descriptor.h"
#include "base/name.h"
#include "base/text.h"

#define SERVERS "servers"
#define TENANTS "tenants"
#define LINK_PREFIX "../" TENANTS "/"

#define FOLDER_MODE 0770  /* less the umask, and with setgid */
#define PARENTS_MODE 0700 /* as the XDG Base Directory Specification has it */

#define QUOTED_MAX 64

static bool fail_errno(const char *path, const char *what, GError **error)
{
        int errnum = errno;
        IcError code = errnum == ENOSPC || errnum == EDQUOT ? IC_ERROR_STORE_FULL
                                                            : IC_ERROR_STORE_UNWRITABLE;

        g_set_error(error, IC_ERROR, code, "%s %s: %s. %s", path, what, g_strerror(errnum),
                ic_error_remedy(code));
        return false;
}

char *ic_tenants_folder(const char *state_dir, uid_t owner)
{
        g_autofree char *name = g_strdup_printf("%u", owner);

        return g_build_filename(state_dir, TENANTS, name, NULL);
}

char *ic_tenants_link(const char *state_dir, uint32_t id)
{
        g_autofree char *name = g_strdup_printf("%u", id);

        return g_build_filename(state_dir, SERVERS, name, NULL);
}

static bool ensure_folder(const char *path, GError **error)
{
        struct stat st;

        if (mkdir(path, FOLDER_MODE) == 0) {
                /* mkdir(2) knows no setgid, and the umask has had its say. That the group cannot
                 * be inherited where it is not one of ours is no failure. */
                if (lstat(path, &st) == 0)
                        (void) chmod(path, (st.st_mode & 07777) | S_ISGID);
                return true;
        }
        if (errno != EEXIST)
                return fail_errno(path, "cannot be made", error);
        if (lstat(path, &st) < 0)
                return fail_errno(path, "cannot be reached", error);
        if (!S_ISDIR(st.st_mode)) {
                errno = ENOTDIR;
                return fail_errno(path, "is in the way", error);
        }
        return true;
}

static bool ensure_parents(const char *path, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(path);

        if (g_mkdir_with_parents(parent, PARENTS_MODE) < 0)
                return fail_errno(parent, "cannot be made", error);
        return true;
}

bool ic_tenants_ensure(const char *state_dir, uid_t owner, GError **error)
{
        g_autofree char *servers = g_build_filename(state_dir, SERVERS, NULL);
        g_autofree char *tenants = g_build_filename(state_dir, TENANTS, NULL);
        g_autofree char *folder = ic_tenants_folder(state_dir, owner);

        /* The state folder itself may be a link: StateDirectory= makes it one. */
        if (!g_file_test(state_dir, G_FILE_TEST_IS_DIR) &&
                (!ensure_parents(state_dir, error) || !ensure_folder(state_dir, error)))
                return false;
        return ensure_folder(servers, error) && ensure_folder(tenants, error) &&
               ensure_folder(folder, error);
}

static bool parse_target(const char *target, uid_t *ret_owner)
{
        guint64 uid = 0;

        if (!g_str_has_prefix(target, LINK_PREFIX))
                return false;

        const char *digits = target + strlen(LINK_PREFIX);
        if ((digits[0] == '0' && digits[1] != '\0') ||
                !g_ascii_string_to_unsigned(digits, 10, 0, (uid_t) -1 - 1, &uid, NULL))
                return false;
        *ret_owner = (uid_t) uid;
        return true;
}

static bool no_such_server(uint32_t id, const char *path, const char *cause, GError **error)
{
        g_set_error(error, IC_ERROR, IC_ERROR_NO_SUCH_SERVER, "no connection %u: %s %s. %s", id,
                path, cause, ic_error_remedy(IC_ERROR_NO_SUCH_SERVER));
        return false;
}

/* Reads a link without following it. */
static bool read_link(const char *path, uint32_t id, uid_t *ret_owner, GError **error)
{
        char target[64]; /* longer than any that is right */
        ssize_t len = readlink(path, target, sizeof(target) - 1);

        if (len < 0 && errno == ENOENT)
                return no_such_server(id, path, "does not exist", error);
        if (len < 0 && errno == EINVAL)
                return no_such_server(id, path, "is not a symbolic link", error);
        if (len < 0 && errno == ENOTDIR)
                return no_such_server(id, path, "is not in a folder", error);
        if (len < 0)
                return fail_errno(path, "cannot be read", error);

        target[len] = '\0';
        if (!parse_target(target, ret_owner)) {
                g_autofree char *quoted = ic_text_quote(target, QUOTED_MAX);
                g_autofree char *cause = g_strdup_printf(
                        "leads to \"%s\" and not to " LINK_PREFIX "UID; remove it", quoted);
                return no_such_server(id, path, cause, error);
        }
        return true;
}

bool ic_tenants_owner(const char *state_dir, uint32_t id, uid_t *ret_owner, GError **error)
{
        g_autofree char *path = ic_tenants_link(state_dir, id);
        uid_t owner = 0;
        struct stat st;

        if (!read_link(path, id, &owner, error))
                return false;

        g_autofree char *folder = ic_tenants_folder(state_dir, owner);
        if (lstat(folder, &st) < 0) {
                if (errno != ENOENT)
                        return fail_errno(folder, "cannot be reached", error);
                return no_such_server(
                        id, folder, "does not exist, though the link to it does", error);
        }
        if (!S_ISDIR(st.st_mode))
                return no_such_server(id, folder, "is not a folder", error);
        *ret_owner = owner;
        return true;
}

bool ic_tenants_allot(const char *state_dir, uid_t owner, uint32_t *ret_id, GError **error)
{
        g_autofree char *target = g_strdup_printf(LINK_PREFIX "%u", owner);

        if (!ic_tenants_ensure(state_dir, owner, error))
                return false;
        for (uint32_t id = 1; id <= IC_ID_MAX; id++) {
                g_autofree char *path = ic_tenants_link(state_dir, id);

                if (symlink(target, path) == 0) {
                        *ret_id = id;
                        return true;
                }
                if (errno != EEXIST)
                        return fail_errno(path, "cannot be made", error);
        }
        g_set_error(error, IC_ERROR, IC_ERROR_LIMIT,
                "all %u numbers of connections are taken; remove one", IC_ID_MAX);
        return false;
}

bool ic_tenants_release(const char *state_dir, uint32_t id, GError **error)
{
        g_autofree char *path = ic_tenants_link(state_dir, id);
        uid_t owner = 0;

        if (!read_link(path, id, &owner, error))
                return false;
        if (unlink(path) < 0) {
                if (errno == ENOENT)
                        return no_such_server(id, path, "does not exist", error);
                return fail_errno(path, "cannot be removed", error);
        }
        return true;
}

static gint compare_ids(gconstpointer a, gconstpointer b)
{
        const IcTenantServer *left = a, *right = b;

        return left->id < right->id ? -1 : left->id > right->id;
}

typedef DIR Folder;

static void folder_close(Folder *folder)
{
        if (folder)
                closedir(folder);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, folder_close)

/* Names that are no numbers and links that lead elsewhere are nobody's connections: they are passed
 * over, so that one of them does not hide all others. */
GArray *ic_tenants_list(const char *state_dir, GError **error)
{
        g_autofree char *servers = g_build_filename(state_dir, SERVERS, NULL);
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(IcTenantServer));
        g_autoptr(Folder) folder = opendir(servers);

        if (!folder && errno == ENOENT)
                return g_steal_pointer(&list);
        if (!folder) {
                fail_errno(servers, "cannot be read", error);
                return NULL;
        }

        for (;;) {
                IcTenantServer server = {0};

                errno = 0;
                const struct dirent *entry = readdir(folder);
                if (!entry && errno != 0) {
                        fail_errno(servers, "cannot be read", error);
                        return NULL;
                }
                if (!entry)
                        break;
                if (ic_id_parse(entry->d_name, &server.id) &&
                        ic_tenants_owner(state_dir, server.id, &server.owner, NULL))
                        g_array_append_val(list, server);
        }
        g_array_sort(list, compare_ids);
        return g_steal_pointer(&list);
}
