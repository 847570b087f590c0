/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading $CREDENTIALS_DIRECTORY, and files that hold one secret. */

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

static Secret *secret_new(gsize size)
{
        Secret *secret = g_malloc0(sizeof(Secret) + size);

        secret->size = size;
        return secret;
}

/* `size` is more than it may have. NULL with errno, of a longer one EFBIG. */
static GBytes *read_secret(int fd, gsize size)
{
        g_autoptr(Secret) secret = secret_new(size);
        gssize len = read_up_to(fd, secret->bytes, secret->size);

        if (len < 0)
                return NULL;
        if ((gsize) len == size) {
                errno = EFBIG;
                return NULL;
        }
        if (len > 0 && secret->bytes[len - 1] == '\n')
                len--;
        return wrap(g_steal_pointer(&secret), len);
}

GBytes *ic_credential_read(const char *name)
{
        g_auto(IcFd) fd = open_credential(name);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
                st.st_size > IC_CREDENTIAL_SIZE_MAX)
                return NULL;
        return read_secret(fd, (gsize) st.st_size + 1);
}

GBytes *ic_credential_read_file(const char *path, GError **error)
{
        g_auto(IcFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        GBytes *secret = fd >= 0 ? read_secret(fd, IC_CREDENTIAL_SIZE_MAX + 1) : NULL;

        if (!secret)
                g_set_error(error, IC_ERROR, IC_ERROR_BAD_CONFIGURATION,
                        "the file of a secret cannot be read: %s", g_strerror(errno));
        return secret;
}

GBytes *ic_credential_new(const char *text)
{
        gsize len = strlen(text);
        Secret *secret = secret_new(len);

        memcpy(secret->bytes, text, len);
        return wrap(secret, len);
}
