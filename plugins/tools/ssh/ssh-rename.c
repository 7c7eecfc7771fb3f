/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-rename.h"

#include <string.h>

#define REQUEST    "posix-rename@openssh.com"
#define EXTENDED   200 /* SSH_FXP_EXTENDED */
#define STATUS     101 /* SSH_FXP_STATUS */
#define MAX_ANSWER 4096

static void
put_number (GByteArray *packet, guint32 number)
{
  guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (packet, (const guint8 *) &big, sizeof big);
}

static void
put_text (GByteArray *packet, const char *text)
{
  put_number (packet, (guint32) strlen (text));
  g_byte_array_append (packet, (const guint8 *) text, (guint) strlen (text));
}

static guint32
get_number (const guint8 *bytes)
{
  guint32 big;

  memcpy (&big, bytes, sizeof big);

  return GUINT32_FROM_BE (big);
}

static gboolean
read_all (sftp_session sftp, guint8 *bytes, guint length)
{
  for (guint done = 0; done < length;)
    {
      int n = ssh_channel_read (sftp->channel, bytes + done, length - done, 0);

      if (n <= 0)
        return FALSE;
      done += (guint) n;
    }

  return TRUE;
}

/* length, type, id, code, words */
static int
read_status (sftp_session sftp, guint32 id)
{
  guint8 answer[MAX_ANSWER];
  guint32 length;

  if (!read_all (sftp, answer, 4) || (length = get_number (answer)) < 9 || length > sizeof answer || !read_all (sftp, answer, length))
    return SSH_FX_CONNECTION_LOST;

  return answer[0] == STATUS && get_number (answer + 1) == id ? (int) get_number (answer + 5) : SSH_FX_BAD_MESSAGE;
}

gboolean
vig_ssh_rename (sftp_session sftp, const char *from, const char *to)
{
  g_autoptr (GByteArray) packet = g_byte_array_new ();
  guint32 id = ++sftp->id_counter;

  if (!sftp_extension_supported (sftp, REQUEST, "1"))
    {
      sftp->errnum = SSH_FX_OP_UNSUPPORTED;
      return FALSE;
    }

  put_number (packet, (guint32) (1 + 4 + 12 + strlen (REQUEST) + strlen (from) + strlen (to)));
  g_byte_array_append (packet, &(guint8) { EXTENDED }, 1);
  put_number (packet, id);
  put_text (packet, REQUEST);
  put_text (packet, from);
  put_text (packet, to);
  sftp->errnum = ssh_channel_write (sftp->channel, packet->data, packet->len) == (int) packet->len ? read_status (sftp, id) : SSH_FX_CONNECTION_LOST;

  return sftp->errnum == SSH_FX_OK;
}
