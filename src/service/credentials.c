/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading $CREDENTIALS_DIRECTORY. */

#include "service/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "config/server-config.h"

typedef struct {
        gsize size;
        guint8 bytes[];
} Secret;

static void secret_free(Secret *secret)
{
        explicit_bzero(secret->bytes, secret->size);
        g_free(secret);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)

static int open_credential(const char *name)
{
        const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
        g_autofree char *path = NULL;

        if (!folder || !*folder || !*name || *name == '.' || strchr(name, '/'))
                return -1;
        path = g_build_filename(folder, name, NULL);
        return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* How many bytes were read, up to `size`; -1 on failure. */
static gssize read_up_to(int fd, guint8 *bytes, gsize size)
{
        gsize len = 0;

        while (len < size) {
                gssize n = read(fd, bytes + len, size - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                len += n;
        }
        return len;
}

/* The first `len` bytes; the secret is given away. */
static GBytes *wrap(Secret *secret, gsize len)
{
        return g_bytes_new_with_free_func(secret->bytes, len, (GDestroyNotify) secret_free, secret);
}

GBytes *ic_credential_read(const char *name)
{
        g_auto(IcFd) fd = open_credential(name);
        g_autoptr(Secret) secret = NULL;
        struct stat st;
        gssize len;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
                st.st_size > IC_CREDENTIAL_SIZE_MAX)
                return NULL;
        secret = g_malloc0(sizeof(Secret) + st.st_size);
        secret->size = st.st_size;
        len = read_up_to(fd, secret->bytes, secret->size);
        if (len < 0)
                return NULL;
        if (len > 0 && secret->bytes[len - 1] == '\n')
                len--;
        return wrap(g_steal_pointer(&secret), len);
}
