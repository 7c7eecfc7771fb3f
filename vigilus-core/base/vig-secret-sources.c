/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-secret-sources.h"

#include "vig-keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vig-crypto.h"

#define MAX_LENGTH 4096 /* bytes of a passphrase in a file */

const char *
vig_secret_source_to_string (VigSecretSource source)
{
  static const char *const names[] = { "nowhere", "VIGILUS_SECRET", "systemd's credentials", "the keyring", "the secret file" };

  g_return_val_if_fail (source < G_N_ELEMENTS (names), NULL);

  return names[source];
}

/* systemd owns its credentials and decides who may read them; a file of ours must be ours alone. */
static gboolean
check_file (int fd, const char *path, gboolean must_be_private, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "refused to read the secret in %s: it is not a plain file", path);
      return FALSE;
    }

  if (must_be_private && info.st_uid != geteuid ())
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "refused to read the secret in %s: it belongs to another user (uid %u)",
                   path, (guint) info.st_uid);
      return FALSE;
    }

  if (must_be_private && (info.st_mode & 077) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED,
                   "refused to read the secret in %s: others may read it (mode %04o); change the secret, then chmod 600",
                   path, (guint) info.st_mode & 07777);
      return FALSE;
    }

  return TRUE;
}

static char *
read_open_file (int fd, const char *path, GError **error)
{
  char buffer[MAX_LENGTH + 1];
  gsize length = 0;
  gssize n;
  char *text = NULL;

  while ((n = TEMP_FAILURE_RETRY (read (fd, buffer + length, sizeof buffer - length))) > 0)
    length += (gsize) n;

  while (length > 0 && length <= MAX_LENGTH && strchr ("\r\n", buffer[length - 1]) != NULL)
    length--;

  if (n < 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to read the secret in %s: %s", path, g_strerror (errno));
  else if (length == 0 || length > MAX_LENGTH || memchr (buffer, '\0', length) != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the secret in %s is %s", path,
                 length == 0 ? "empty" : length > MAX_LENGTH ? "too long" : "not text");
  else
    text = g_strndup (buffer, length);

  explicit_bzero (buffer, sizeof buffer);

  return text;
}

static char *
read_file (const char *path, gboolean must_be_private, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (must_be_private ? O_NOFOLLOW : 0));
  char *text = NULL;

  if (fd < 0)
    {
      if (errno != ENOENT)
        g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to open the secret in %s: %s", path, g_strerror (errno));
      return NULL;
    }

  if (check_file (fd, path, must_be_private, error))
    text = read_open_file (fd, path, error);
  close (fd);

  return text;
}

static char *
find_in_credentials (VigConfig *config, GError **error)
{
  const char *directory = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *path = NULL;

  if (directory == NULL)
    return NULL;

  path = g_build_filename (directory, "vigilus-secret", NULL);

  return read_file (path, FALSE, error);
}

static char *
find_in_file (VigConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (vig_config_get_data_dir (config), "secret", NULL);

  return read_file (path, TRUE, error);
}

static char *
find_in_environment (VigConfig *config, GError **error)
{
  return g_strdup (vig_config_get_secret (config));
}

/* A keyring that does not answer must not keep the daemon from its file, so its failures are only told. */
static char *
find_in_keyring (VigConfig *config, GError **error)
{
  g_autoptr (GError) failure = NULL;
  char *text = vig_keyring_lookup (vig_config_get_data_dir (config), &failure);

  if (failure != NULL)
    g_message ("the keyring was passed over: %s", failure->message);

  return text;
}

char *
vig_secret_find (VigConfig *config, VigSecretSource *source, GError **error)
{
  static char *(*const finders[]) (VigConfig *, GError **) = {
    NULL, find_in_environment, find_in_credentials, find_in_keyring, find_in_file,
  };

  g_return_val_if_fail (VIG_IS_CONFIG (config), NULL);
  g_return_val_if_fail (source != NULL, NULL);

  for (guint i = VIG_SECRET_ENVIRONMENT; i <= VIG_SECRET_FILE; i++)
    {
      GError *failure = NULL;
      char *text = finders[i] (config, &failure);

      *source = i;
      if (text != NULL)
        return text;
      if (failure != NULL)
        {
          g_propagate_error (error, failure);
          return NULL;
        }
    }

  *source = VIG_SECRET_NOWHERE;

  return NULL;
}

gboolean
vig_secret_keep (VigConfig *config, const char *passphrase, VigSecretSource where, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (VIG_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (passphrase != NULL, FALSE);
  g_return_val_if_fail (where == VIG_SECRET_KEYRING || where == VIG_SECRET_FILE, FALSE);

  if (where == VIG_SECRET_KEYRING)
    return vig_keyring_store (vig_config_get_data_dir (config), passphrase, error);

  path = g_build_filename (vig_config_get_data_dir (config), "secret", NULL);

  return g_file_set_contents_full (path, passphrase, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

static GBytes *
read_salt (const char *path, GError **error)
{
  g_autofree char *data = NULL;
  gsize length;

  if (!g_file_get_contents (path, &data, &length, error))
    return NULL;

  if (length != VIG_SECRET_SALT_LENGTH)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s holds %" G_GSIZE_FORMAT " bytes instead of %d; restore it from a backup",
                   path, length, VIG_SECRET_SALT_LENGTH);
      return NULL;
    }

  return g_bytes_new_take (g_steal_pointer (&data), length);
}

/* link () fails where the name exists, so of two daemons that start at once one makes the salt. */
static gboolean
create_salt (const char *path, GError **error)
{
  g_autofree char *draft = g_strdup_printf ("%s.%d.tmp", path, (int) getpid ());
  guint8 salt[VIG_SECRET_SALT_LENGTH];
  gboolean linked;
  int failure;

  vig_crypto_ensure ();
  gcry_randomize (salt, sizeof salt, GCRY_STRONG_RANDOM);
  if (!g_file_set_contents_full (draft, (const char *) salt, sizeof salt,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error))
    return FALSE;

  linked = link (draft, path) == 0;
  failure = errno;
  g_unlink (draft);
  if (!linked && failure != EEXIST)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to create %s: %s", path, g_strerror (failure));

  return linked || failure == EEXIST;
}

GBytes *
vig_secret_ensure_salt (VigConfig *config, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (VIG_IS_CONFIG (config), NULL);

  path = g_build_filename (vig_config_get_data_dir (config), "secret.salt", NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS) && !create_salt (path, error))
    return NULL;

  return read_salt (path, error);
}
