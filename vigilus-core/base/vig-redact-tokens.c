/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define WORD   G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define DOTTED WORD ".="
#define ALNUM  G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
#define HEX    G_CSET_DIGITS "abcdefABCDEF"
#define UPPER  G_CSET_A_2_Z G_CSET_DIGITS
#define LOWER  G_CSET_a_2_z G_CSET_DIGITS
#define LETTER G_CSET_A_2_Z G_CSET_a_2_z
#define ANY    100000
#define LENGTH_AWS_ID     20
#define LENGTH_AWS_SECRET 40

/* What follows the prefix: how many characters of which set; a longer run is something else. */
static const struct
{
  const char *prefix;
  const char *set;
  guint       min;
  guint       max;
} shapes[] = {
  { "A3-", UPPER "-", 31, 40 }, { "ABIA", UPPER, 16, 16 }, { "ABSK", ALNUM "+/=", 100, ANY }, { "ACCA", UPPER, 16, 16 },
  { "AGE-SECRET-KEY-1", UPPER, 50, 60 }, { "AIza", WORD, 35, 35 }, { "AKCp", ALNUM, 60, 80 }, { "AKIA", UPPER, 16, 16 },
  { "API-", UPPER, 26, 26 }, { "AQVN", WORD, 35, 38 }, { "ASIA", UPPER, 16, 16 }, { "CLOJARS_", ALNUM, 60, 60 },
  { "EAAC", ALNUM, 80, ANY }, { "EAAM", ALNUM, 80, ANY }, { "EZAK", ALNUM, 54, 54 }, { "EZTK", ALNUM, 54, 54 },
  { "FLWPUBK_TEST-", ALNUM "-", 12, ANY }, { "FLWSECK-", ALNUM "-", 12, ANY }, { "FLWSECK_TEST-", ALNUM "-", 12, ANY }, { "GOCSPX-", WORD, 20, 40 },
  { "GR1348941", WORD, 20, 20 }, { "HRKU-", WORD, 40, ANY }, { "LTAI", ALNUM, 12, 22 }, { "NRAK-", UPPER, 27, 27 },
  { "NRII-", WORD, 32, 32 }, { "NRJS-", ALNUM, 19, 19 }, { "PMAK-", HEX "-", 40, 70 }, { "SG.", DOTTED, 40, 80 },
  { "SK", HEX, 32, 32 }, { "ZXlK", ALNUM "+/=", 30, ANY }, { "authress_", DOTTED, 30, ANY }, { "bedrock-api-key-", ALNUM "+/=", 40, ANY },
  { "cmVmd", ALNUM, 59, 59 }, { "dapi", HEX "-", 32, 34 }, { "doo_v1_", HEX, 64, 64 }, { "dop_v1_", HEX, 64, 64 },
  { "dor_v1_", HEX, 64, 64 }, { "dp.ct.", ALNUM, 40, 44 }, { "dp.pt.", ALNUM, 40, 44 }, { "dp.st.", DOTTED, 40, ANY },
  { "dt0c01.", DOTTED, 60, ANY }, { "duffel_live_", WORD, 40, 50 }, { "duffel_test_", WORD, 40, 50 }, { "eyJ", DOTTED, 30, ANY },
  { "eyW", DOTTED, 60, ANY }, { "fio-u-", WORD, 60, 70 }, { "flt1_", WORD, 40, ANY }, { "fm1a_", DOTTED "/+", 60, ANY },
  { "fm1r_", DOTTED "/+", 60, ANY }, { "fm2_", DOTTED "/+", 60, ANY }, { "fo1_", WORD, 40, ANY }, { "ghe_", ALNUM, 36, ANY },
  { "gho_", ALNUM, 36, 255 }, { "ghp_", ALNUM, 36, 255 }, { "ghr_", ALNUM, 36, 255 }, { "ghs_", ALNUM, 36, 255 },
  { "ghu_", ALNUM, 36, 255 }, { "github_pat_", WORD, 60, 255 }, { "glagent-", WORD, 40, 60 }, { "glc_", ALNUM "+/=", 32, ANY },
  { "glcbt-", WORD, 20, 60 }, { "gldt-", WORD, 20, 60 }, { "glffct-", WORD, 20, 60 }, { "glft-", WORD, 20, 60 },
  { "glimt-", WORD, 20, 60 }, { "gloas-", WORD, 40, 80 }, { "glpat-", DOTTED, 20, 300 }, { "glptt-", WORD, 30, 60 },
  { "glrt-", DOTTED, 20, 300 }, { "glsa_", WORD, 30, 60 }, { "glsoat-", WORD, 20, 60 }, { "gsk_", ALNUM, 40, 60 },
  { "hf_", LETTER, 34, 34 }, { "hvb.", WORD, 100, ANY }, { "hvr.", WORD, 80, ANY }, { "hvs.", WORD, 20, ANY },
  { "api_org_", LETTER, 34, 34 }, { "ico-", ALNUM, 32, 32 }, { "lin_api_", ALNUM, 40, 40 }, { "lin_oauth_", ALNUM, 40, 70 },
  { "npm_", ALNUM, 30, 60 }, { "ntn_", ALNUM, 40, 50 }, { "ops_eyJ", DOTTED, 100, ANY }, { "p8e-", ALNUM, 32, 32 },
  { "pnu_", ALNUM, 36, 36 }, { "pplx-", ALNUM, 40, 60 }, { "pscale_oauth_", DOTTED, 30, 64 }, { "pscale_pw_", DOTTED, 30, 64 },
  { "pscale_tkn_", DOTTED, 30, 64 }, { "pul-", HEX, 40, 40 }, { "pypi-", WORD, 50, ANY }, { "rdme_", ALNUM, 60, 80 },
  { "rk_live_", ALNUM, 10, 99 }, { "rk_test_", ALNUM, 10, 99 }, { "rubygems_", HEX, 40, 64 }, { "s-s4t2af-", HEX, 64, 64 },
  { "s-s4t2ud-", HEX, 64, 64 }, { "secret_", ALNUM, 43, 43 }, { "sgp_", HEX "_", 40, 60 }, { "sha256~", WORD, 43, 43 },
  { "shippo_live_", HEX, 40, 40 }, { "shippo_test_", HEX, 40, 40 }, { "shpat_", HEX, 32, 32 }, { "shpca_", HEX, 32, 32 },
  { "shppa_", HEX, 32, 32 }, { "shpss_", HEX, 32, 32 }, { "sk-or-v1-", HEX, 64, 64 }, { "sk-proj-", WORD, 40, ANY },
  { "sk-svcacct-", WORD, 40, ANY }, { "sk-", ALNUM, 22, 64 }, { "sk_live_", ALNUM, 10, 99 }, { "sk_test_", ALNUM, 10, 99 },
  { "sl.", DOTTED, 100, ANY }, { "sm_aat_", ALNUM, 16, 16 }, { "sm_pat_", ALNUM, 16, 16 }, { "sm_sat_", ALNUM, 16, 16 },
  { "sntrys_", ALNUM "+/=_", 60, ANY }, { "sntryu_", HEX, 64, 64 }, { "sq0atp-", WORD, 22, 60 }, { "sq0csp-", WORD, 43, 43 },
  { "tfp_", DOTTED, 50, 70 }, { "tk_", ALNUM, 24, 40 }, { "tskey-", WORD, 24, ANY }, { "vig_", WORD, 43, 43 },
  { "xai-", ALNUM, 60, 100 }, { "xapp-", WORD, 30, ANY }, { "xkeysib-", WORD, 60, 100 }, { "xoxa-", WORD, 20, ANY },
  { "xoxb-", WORD, 20, ANY }, { "xoxe-", WORD, 40, ANY }, { "xoxe.", DOTTED, 40, ANY }, { "xoxo-", WORD, 20, ANY },
  { "xoxp-", WORD, 20, ANY }, { "xoxr-", WORD, 20, ANY }, { "xoxs-", WORD, 20, ANY }, { "_gitlab_session=", ALNUM, 32, 32 },
  /* clouds */
  { "1//0", WORD, 40, ANY }, { "AVNS_", WORD, 16, 40 }, { "K00", ALNUM "+/", 28, 28 }, { "SCW", UPPER, 17, 17 }, { "cfat_", ALNUM, 40, ANY }, { "cfk_", ALNUM, 40, ANY },
  { "cfut_", ALNUM, 40, ANY }, { "dose", HEX, 32, 32 }, { "essu_", ALNUM "+/=", 40, ANY }, { "mdb_sa_sk_", WORD, 30, ANY },
  { "napi_", ALNUM, 40, ANY }, { "nfc_", ALNUM, 36, 40 },
  { "nfo_", ALNUM, 36, 40 }, { "nfp_", ALNUM, 36, 40 }, { "rnd_", ALNUM, 32, 32 }, { "sb_secret_", WORD, 20, 60 }, { "sbp_", HEX, 40, 40 }, { "v1.0-", HEX "-", 100, ANY },
  { "vcp_", ALNUM, 24, 80 }, { "vercel_blob_rw_", WORD, 30, ANY }, { "xau_", ALNUM, 30, ANY }, { "ya29.", DOTTED, 60, ANY },
  /* vaults, registries, code */
  { "ATATT3", WORD "=", 100, ANY }, { "ATBB", DOTTED, 28, 80 }, { "ATCTT3", WORD "=", 100, ANY }, { "CCIPAT_", WORD, 50, 80 },
  { "CCIPRJ_", WORD, 50, 80 }, { "at_", WORD, 60, ANY },
  { "bkua_", HEX, 40, 40 }, { "cio", ALNUM, 32, 32 }, { "dckr_oat_", WORD, 27, 40 }, { "dckr_pat_", WORD, 27, 40 }, { "jsrp_", ALNUM, 30, 60 }, { "oy2", LOWER, 43, 43 },
  { "packagist_", WORD, 60, ANY }, { "sqa_", HEX, 40, 40 }, { "sqp_", HEX, 40, 40 }, { "squ_", HEX, 40, 40 }, { "st.", HEX ".", 80, 110 },
  /* messages and mail */
  { "api-", UPPER, 32, 32 }, { "claim-", ALNUM, 20, 20 }, { "key-", HEX, 32, 32 }, { "mat_", WORD, 30, 60 }, { "o.", ALNUM, 32, 32 }, { "re_", ALNUM "_", 33, 33 },
  { "syt_", ALNUM "_", 30, ANY }, { "xsmtpsib-", WORD, 60, ANY },
  /* networks, clusters, monitoring */
  { "K10", HEX ":servnod", 100, 140 }, { "SCRAM-SHA-256$", ALNUM "+/=$:", 60, ANY }, { "SWMTKN-1-", WORD, 60, 100 },
  { "dnsimple_", WORD, 30, 60 }, { "dt0s16.", DOTTED, 60, ANY },
  { "hcaik_", ALNUM, 50, ANY }, { "nbp_", ALNUM, 36, 36 }, { "phx_", ALNUM, 40, ANY }, { "pk1_", HEX, 64, 64 }, { "ptr_", ALNUM "+/=", 40, 60 }, { "sk1_", HEX, 64, 64 },
  /* models */
  { "csk-", ALNUM, 40, ANY }, { "fc-", HEX, 32, 32 }, { "fw_", ALNUM, 24, 24 }, { "jina_", WORD, 50, ANY }, { "lsv2_pt_", HEX "_", 40, 60 }, { "lsv2_sk_", HEX "_", 40, 60 },
  { "nvapi-", WORD, 60, 80 }, { "pa-", WORD, 43, 43 }, { "pcsk_", WORD, 60, ANY }, { "r8_", ALNUM, 37, 40 }, { "sk-admin-", WORD, 40, ANY }, { "sk-lf-", HEX "-", 36, 36 },
  { "sk_", HEX, 48, 48 }, { "tvly-", WORD, 32, 60 },
  /* the rest */
  { "CFPAT-", WORD, 43, 43 }, { "EAAA", WORD, 58, ANY }, { "access_token$production$", ALNUM "$", 40, 60 }, { "access_token$sandbox$", ALNUM "$", 40, 60 },
  { "figd_", WORD, 40, 60 },
  { "pk_", UPPER "_", 38, 46 }, { "polar_oat_", WORD, 30, 60 }, { "sk.eyJ", DOTTED, 80, ANY }, { "waka_", HEX "-", 36, 36 },
  { "base64:", ALNUM "+/=", 44, 44 } /* Laravel */, { "grub.pbkdf2.sha512.", HEX ".", 60, ANY },
  { "whsec_", ALNUM "+/=", 24, 60 }, { "zpka_", ALNUM "_", 30, 60 },
  { "RWRTY0Iy", ALNUM "+/=", 100, ANY } /* minisign */, { "SCT", ALNUM, 30, 60 } /* ServerChan */, { "e2b_", HEX, 40, 40 }, { "hawk.", DOTTED, 40, 60 },
  { "hskey-", WORD, 40, ANY } /* Headscale */, { "nsec1", LOWER, 58, 58 } /* NIP-19 */, { "pdl_live_apikey_", WORD, 40, 60 }, { "pdl_sdbx_apikey_", WORD, 40, 60 },
  { "rpa_", UPPER, 40, 48 } /* RunPod */, { "xprv", ALNUM, 100, 110 } /* BIP 32 */,
};

static gboolean
has_letter (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isalpha (text[i]))
      return TRUE;

  return FALSE;
}

/* Anthropic's keys end in AA; what does not is an example cut from a page. */
static gsize
match_anthropic (VigScan *self, gsize at)
{
  gsize n = vig_scan_is (self, at, "sk-ant-") ? vig_scan_run (self, at, WORD, 300) : 0;

  return n >= 93 && memcmp (self->text + at + n - 2, "AA", 2) == 0 ? n : 0;
}

static gsize
match_shape (VigScan *self, gsize at, guint i)
{
  gsize prefix = strlen (shapes[i].prefix);
  gsize n;

  if (!vig_scan_is (self, at, shapes[i].prefix))
    return 0;

  n = vig_scan_run (self, at + prefix, shapes[i].set, shapes[i].max);
  if (n < shapes[i].min || n > shapes[i].max || !has_letter (self->text + at + prefix, n)
      || !vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + at + prefix, n, TRUE) || (at + prefix + n < self->length && g_ascii_isalnum (self->text[at + prefix + n])))
    return 0;

  return prefix + n;
}

/* By the first byte: the first shape that begins with it, and for each shape the next one; counted from 1, 0: none. */
static struct
{
  guint16 first[256];
  guint16 next[G_N_ELEMENTS (shapes)];
} by_byte;

static void
ensure_index (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      for (guint i = G_N_ELEMENTS (shapes); i > 0; i--)
        {
          guint16 *first = &by_byte.first[(guint8) shapes[i - 1].prefix[0]];

          g_assert (strlen (shapes[i - 1].prefix) + shapes[i - 1].min >= VIG_SCAN_SHORTEST_TOKEN);
          by_byte.next[i - 1] = *first;
          *first = (guint16) i;
        }
      g_once_init_leave (&done, 1);
    }
}

/* AKIA...:X, a line of s3fs: the secret stands beside the id. */
static gsize
skip_aws_secret (VigScan *self, gsize at, gsize n)
{
  gsize secret = n == LENGTH_AWS_ID && self->text[at] == 'A' && vig_scan_is (self, at + n, ":") ? vig_scan_run (self, at + n + 1, ALNUM "+/", LENGTH_AWS_SECRET) : 0;

  return secret == LENGTH_AWS_SECRET ? n + 1 + secret : n;
}

static gsize
match_any (VigScan *self, gsize at)
{
  gsize n = match_anthropic (self, at);

  for (guint i = by_byte.first[(guint8) self->text[at]]; n == 0 && i > 0; i = by_byte.next[i - 1])
    n = skip_aws_secret (self, at, match_shape (self, at, i - 1));

  return n > 0 ? n : vig_scan_match_form (self, at);
}

/* After anything but a letter, a digit or what joins them; "\n" written out counts as a line break. */
static gboolean
starts_word (VigScan *self, gsize at)
{
  char before = at > 0 ? self->text[at - 1] : ' ';

  if (at > 1 && self->text[at - 2] == '\\' && strchr ("nrt", before) != NULL)
    return TRUE;

  return !vig_scan_is_word_char (before);
}

/* Past @at, and past what cannot begin a word: characters of the one that @at is in. The n of "\n" written out ends with itself. */
static gsize
skip_word (VigScan *self, gsize at)
{
  gboolean is_escape = at > 0 && self->text[at - 1] == '\\';

  if (vig_scan_is_word_char (self->text[at++]) && !is_escape)
    while (at < self->length && vig_scan_is_word_char (self->text[at]))
      at++;

  return at;
}

void
vig_scan_tokens (VigScan *self)
{
  gsize at = 0;

  ensure_index ();
  /* No token has a blank in it: the last word is never sure anyway. */
  vig_scan_set_mark (self, G_MAXSIZE);
  while (at < self->length)
    {
      gsize n = starts_word (self, at) ? match_any (self, at) : 0;

      if (n > 0)
        vig_scan_add (self, at, at + n);
      at = n > 0 ? at + n : skip_word (self, at);
    }
}
