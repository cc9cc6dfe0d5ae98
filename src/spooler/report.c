/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/report.h"

#include <string.h>

#include "base/time.h"

enum {
    ATTACH_EMBEDDED = 5, /* PR_ATTACH_METHOD */
    MOST_TEXT = 2000,    /* bytes of what a relay said: a report is no place for a novel */
    REASON_TRANSFER_FAILED = 0,
    REASON_TRANSFER_IMPOSSIBLE = 1,
    ROW_TO = 1,
};

/* Texts of a language; %s stands for what the row's name says. */
typedef struct {
    const char *language;
    const char *subject; /* subject */
    const char *intro;
    const char *about; /* subject */
    const char *sent;  /* date */
    const char *recipients;
    const char *trouble[TW_RECIPIENT_BROKEN + 1];
} Texts;

static const Texts texts[] = {
    { "en",
      "Undeliverable: %s",
      "Your message did not reach some or all of the intended recipients.",
      "Subject: %s",
      "Sent: %s",
      "The following recipients could not be reached:",
      { [TW_RECIPIENT_UNKNOWN] = "No mail address was found for this recipient.",
        [TW_RECIPIENT_REFUSED] = "The mail server refused it.",
        [TW_RECIPIENT_EXPIRED] = "It could not be sent for too long and is not tried any more.",
        [TW_RECIPIENT_EVERYONE] = "Mail to everyone is not allowed.",
        [TW_RECIPIENT_FORBIDDEN] = "You are not allowed to send as this user or group.",
        [TW_RECIPIENT_BROKEN] = "The message could not be turned into a mail." } },
    { "de",
      "Unzustellbar: %s",
      "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.",
      "Betreff: %s",
      "Gesendet: %s",
      "Folgende Empfänger konnten nicht erreicht werden:",
      { [TW_RECIPIENT_UNKNOWN] = "Für diesen Empfänger wurde keine E-Mail-Adresse gefunden.",
        [TW_RECIPIENT_REFUSED] = "Der Mailserver hat die Annahme verweigert.",
        [TW_RECIPIENT_EXPIRED] =
            "Die Nachricht konnte zu lange nicht gesendet werden; es wird nicht weiter versucht.",
        [TW_RECIPIENT_EVERYONE] = "Nachrichten an alle sind nicht erlaubt.",
        [TW_RECIPIENT_FORBIDDEN] =
            "Sie dürfen nicht im Namen dieses Benutzers oder dieser Gruppe senden.",
        [TW_RECIPIENT_BROKEN] = "Aus der Nachricht konnte keine E-Mail gemacht werden." } },
    { "fr",
      "Non remis : %s",
      "Votre message n'est pas parvenu à certains ou à la totalité de ses destinataires.",
      "Objet : %s",
      "Envoyé : %s",
      "Les destinataires suivants n'ont pas pu être joints :",
      { [TW_RECIPIENT_UNKNOWN] =
            "Aucune adresse de messagerie n'a été trouvée pour ce destinataire.",
        [TW_RECIPIENT_REFUSED] = "Le serveur de messagerie l'a refusé.",
        [TW_RECIPIENT_EXPIRED] =
            "L'envoi a échoué pendant trop longtemps ; il n'y aura pas d'autre essai.",
        [TW_RECIPIENT_EVERYONE] = "Les messages à tous ne sont pas autorisés.",
        [TW_RECIPIENT_FORBIDDEN] =
            "Vous n'êtes pas autorisé à envoyer au nom de cet utilisateur ou de ce groupe.",
        [TW_RECIPIENT_BROKEN] = "Le message n'a pas pu être converti en courriel." } },
    { "nl",
      "Onbestelbaar: %s",
      "Uw bericht heeft een of meer geadresseerden niet bereikt.",
      "Onderwerp: %s",
      "Verzonden: %s",
      "De volgende geadresseerden zijn niet bereikt:",
      { [TW_RECIPIENT_UNKNOWN] = "Voor deze geadresseerde is geen e-mailadres gevonden.",
        [TW_RECIPIENT_REFUSED] = "De mailserver heeft het geweigerd.",
        [TW_RECIPIENT_EXPIRED] =
            "Het bericht kon te lang niet worden verzonden; er wordt niet verder geprobeerd.",
        [TW_RECIPIENT_EVERYONE] = "Berichten aan iedereen zijn niet toegestaan.",
        [TW_RECIPIENT_FORBIDDEN] = "U mag niet namens deze gebruiker of groep verzenden.",
        [TW_RECIPIENT_BROKEN] = "Van het bericht kon geen e-mail worden gemaakt." } },
    { "es",
      "No entregado: %s",
      "Su mensaje no ha llegado a uno o más de sus destinatarios.",
      "Asunto: %s",
      "Enviado: %s",
      "No se ha podido llegar a los siguientes destinatarios:",
      { [TW_RECIPIENT_UNKNOWN] =
            "No se ha encontrado ninguna dirección de correo para este destinatario.",
        [TW_RECIPIENT_REFUSED] = "El servidor de correo lo ha rechazado.",
        [TW_RECIPIENT_EXPIRED] =
            "No se ha podido enviar durante demasiado tiempo y no se intentará más.",
        [TW_RECIPIENT_EVERYONE] = "No se permiten mensajes para todos.",
        [TW_RECIPIENT_FORBIDDEN] = "No tiene permiso para enviar como este usuario o grupo.",
        [TW_RECIPIENT_BROKEN] = "El mensaje no se ha podido convertir en un correo." } },
    { "it",
      "Non recapitabile: %s",
      "Il messaggio non ha raggiunto alcuni o tutti i destinatari.",
      "Oggetto: %s",
      "Inviato: %s",
      "Non è stato possibile raggiungere i seguenti destinatari:",
      { [TW_RECIPIENT_UNKNOWN] =
            "Per questo destinatario non è stato trovato alcun indirizzo di posta.",
        [TW_RECIPIENT_REFUSED] = "Il server di posta lo ha rifiutato.",
        [TW_RECIPIENT_EXPIRED] = "L'invio non è riuscito per troppo tempo e non verrà più tentato.",
        [TW_RECIPIENT_EVERYONE] = "I messaggi a tutti non sono consentiti.",
        [TW_RECIPIENT_FORBIDDEN] = "Non è consentito inviare per conto di questo utente o gruppo.",
        [TW_RECIPIENT_BROKEN] = "Non è stato possibile trasformare il messaggio in una mail." } },
};

static const Texts *
texts_of(const char *locale)
{
    for (guint i = 0; locale != NULL && i < G_N_ELEMENTS(texts); i++) {
        gsize len = strlen(texts[i].language);
        if (g_ascii_strncasecmp(locale, texts[i].language, len) == 0 &&
            !g_ascii_isalpha(locale[len]))
            return &texts[i];
    }
    return NULL;
}

const char *
tw_report_language(const char *locale)
{
    const Texts *found = texts_of(locale);

    return found != NULL ? found->language : NULL;
}

const char *
tw_report_language_at(guint index)
{
    return index < G_N_ELEMENTS(texts) ? texts[index].language : NULL;
}

/* ---- text for people ---- */

static void
put_line(GString *out, const char *format, const char *value)
{
    const char *at = strstr(format, "%s");

    if (at == NULL) {
        g_string_append(out, format);
    } else {
        g_string_append_len(out, format, at - format);
        g_string_append(out, value);
        g_string_append(out, at + 2);
    }
    g_string_append(out, "\r\n");
}

static void
put_recipient(GString *out, const Texts *in, const TwRecipient *one)
{
    g_string_append_printf(out, "\r\n  %s", one->name);
    if (one->address != NULL && g_strcmp0(one->address, one->name) != 0)
        g_string_append_printf(out, " <%s>", one->address);
    g_string_append_printf(out, "\r\n    %s\r\n", in->trouble[one->trouble]);
    if (one->code != 0)
        g_string_append_printf(out, "    %u %u.%u.%u %.*s\r\n", one->code, one->status[0],
                               one->status[1], one->status[2], MOST_TEXT,
                               one->text != NULL ? one->text : "");
}

static char *
make_text(const TwReportSpec *spec, const Texts *in)
{
    GString *out = g_string_new(NULL);
    TwPropValue submitted;
    gint64 us;

    put_line(out, in->intro, NULL);
    g_string_append(out, "\r\n");
    put_line(out, in->about, tw_object_get_text(spec->message, PR_SUBJECT, ""));
    if (tw_object_get(spec->message, PR_CLIENT_SUBMIT_TIME, &submitted) && submitted.i8 > 0) {
        g_autoptr(GDateTime) date = NULL;
        g_autofree char *text = NULL;

        tw_time_from_filetime((guint64) submitted.i8, &us);
        date = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
        text = date != NULL ? g_date_time_format(date, "%Y-%m-%d %H:%M UTC") : g_strdup("");
        put_line(out, in->sent, text);
    }
    g_string_append(out, "\r\n");
    put_line(out, in->recipients, NULL);
    for (guint i = 0; i < spec->failed->len; i++)
        put_recipient(out, in, &g_array_index(spec->failed, TwRecipient, i));
    return g_string_free(out, FALSE);
}

/* ---- rows for programs ---- */

/* Our own troubles as RFC 3463 has them. */
static guint32
status_of(const TwRecipient *one)
{
    static const guint32 own[] = {
        [TW_RECIPIENT_OK] = 500,      [TW_RECIPIENT_UNKNOWN] = 511,  [TW_RECIPIENT_REFUSED] = 500,
        [TW_RECIPIENT_EXPIRED] = 447, [TW_RECIPIENT_EVERYONE] = 571, [TW_RECIPIENT_FORBIDDEN] = 571,
        [TW_RECIPIENT_BROKEN] = 560,
    };

    if (one->trouble == TW_RECIPIENT_REFUSED && one->status[0] != 0 && one->status[1] < 10 &&
        one->status[2] < 10)
        return one->status[0] * 100u + one->status[1] * 10u + one->status[2];
    return own[one->trouble];
}

static guint32
diagnosis_of(const TwRecipient *one)
{
    switch (one->trouble) {
    case TW_RECIPIENT_UNKNOWN:
        return 0; /* unknown recipient */
    case TW_RECIPIENT_EXPIRED:
        return 5;
    case TW_RECIPIENT_EVERYONE:
    case TW_RECIPIENT_FORBIDDEN:
        return 29; /* submission prohibited */
    case TW_RECIPIENT_BROKEN:
        return 8;
    case TW_RECIPIENT_OK:
    case TW_RECIPIENT_REFUSED:
        break;
    }
    return status_of(one) == 511 ? 0 : G_MAXUINT32;
}

static gint64
filetime(gint64 us)
{
    guint64 time = 0;

    (void) tw_time_to_filetime(us, &time);
    return (gint64) time;
}

static gboolean
set_all(TwObject *node, const TwPropValue *values, guint count, GError **error)
{
    for (guint i = 0; i < count; i++) {
        if (!tw_object_set(node, &values[i], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add_row(TwObject *report,
        const TwReportSpec *spec,
        const Texts *in,
        const TwRecipient *one,
        GError **error)
{
    TwObject *row = tw_object_add(report, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, error);
    const char *address = one->address != NULL ? one->address : "";
    g_autofree char *said = one->code == 0 ? g_strdup(in->trouble[one->trouble])
                                           : g_strdup_printf("%u %.*s", one->code, MOST_TEXT,
                                                             one->text != NULL ? one->text : "");
    const TwPropValue values[] = {
        tw_value_long(PR_RECIPIENT_TYPE, ROW_TO),
        tw_value_str(PR_DISPLAY_NAME, one->name),
        tw_value_str(PR_ADDRTYPE, "SMTP"),
        tw_value_str(PR_EMAIL_ADDRESS, address),
        tw_value_str(PR_SMTP_ADDRESS, address),
        tw_value_long(PR_NDR_REASON_CODE, one->trouble == TW_RECIPIENT_EXPIRED
                                              ? REASON_TRANSFER_FAILED
                                              : REASON_TRANSFER_IMPOSSIBLE),
        tw_value_long(PR_NDR_DIAG_CODE, diagnosis_of(one)),
        tw_value_long(PR_NDR_STATUS_CODE, status_of(one)),
        tw_value_str(PR_REPORT_TEXT, in->trouble[one->trouble]),
        tw_value_str(PR_SUPPLEMENTARY_INFO, said),
        tw_value_i8(PR_REPORT_TIME, filetime(spec->now_us)),
    };

    return row != NULL && set_all(row, values, G_N_ELEMENTS(values), error);
}

/* ---- the report ---- */

static gboolean
set_head(TwObject *report, const TwReportSpec *spec, const Texts *in, GError **error)
{
    const char *about = tw_object_get_text(spec->message, PR_SUBJECT, "");
    g_autofree char *text = make_text(spec, in);
    g_autoptr(GString) subject = g_string_new(NULL);
    gint64 now = filetime(spec->now_us);
    TwPropValue copied;

    put_line(subject, in->subject, about);
    g_string_truncate(subject, subject->len - 2);
    {
        const TwPropValue values[] = {
            tw_value_str(PR_MESSAGE_CLASS, "REPORT.IPM.Note.NDR"),
            tw_value_str(PR_SUBJECT, subject->str),
            tw_value_str(PR_ORIGINAL_SUBJECT, about),
            tw_value_str(PR_BODY, text),
            tw_value_i8(PR_REPORT_TIME, now),
            tw_value_i8(PR_CLIENT_SUBMIT_TIME, now),
            tw_value_i8(PR_MESSAGE_DELIVERY_TIME, now),
            tw_value_str(PR_SENDER_NAME, "System Administrator"),
            tw_value_str(PR_SENT_REPRESENTING_NAME, "System Administrator"),
            tw_value_str(PR_DISPLAY_TO, spec->owner->full_name),
            tw_value_long(PR_MESSAGE_FLAGS, 0),
        };
        if (!set_all(report, values, G_N_ELEMENTS(values), error))
            return FALSE;
    }
    if (tw_object_get(spec->message, PR_SEARCH_KEY, &copied)) {
        copied.tag = PR_ORIGINAL_SEARCH_KEY;
        if (!tw_object_set(report, &copied, error))
            return FALSE;
    }
    if (!tw_object_get(spec->message, PR_CLIENT_SUBMIT_TIME, &copied))
        return TRUE;
    copied.tag = PR_ORIGINAL_SUBMIT_TIME;
    return tw_object_set(report, &copied, error);
}

static gboolean
attach(TwObject *report, const TwReportSpec *spec, GError **error)
{
    TwObject *attachment = tw_object_add(report, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, error);
    g_autoptr(TwObject) inner = NULL;
    g_autoptr(GError) why = NULL;
    const TwPropValue values[] = {
        tw_value_long(PR_ATTACH_METHOD, ATTACH_EMBEDDED),
        tw_value_str(PR_DISPLAY_NAME, tw_object_get_text(spec->message, PR_SUBJECT, "")),
        tw_value_long(PR_RENDERING_POSITION, G_MAXUINT32),
    };

    if (attachment == NULL || !set_all(attachment, values, G_N_ELEMENTS(values), error))
        return FALSE;
    inner = tw_object_copy(spec->message);
    if (tw_object_set_embedded(attachment, inner, &why)) {
        inner = NULL;
        return TRUE;
    }
    /* as deep as messages may be: the report goes without it */
    if (g_error_matches(why, TW_ERROR, TW_ERROR_TOO_COMPLEX)) {
        tw_object_remove_child(report, TW_OBJECT_ATTACHMENT, tw_object_get_number(attachment));
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

TwObject *
tw_report_new(const TwReportSpec *spec, GError **error)
{
    const Texts *in = texts_of(spec->language);
    g_autoptr(TwObject) report = tw_object_new(TW_OBJECT_MESSAGE);

    if (in == NULL)
        in = &texts[0];
    if (!set_head(report, spec, in, error))
        return NULL;
    for (guint i = 0; i < spec->failed->len; i++) {
        if (!add_row(report, spec, in, &g_array_index(spec->failed, TwRecipient, i), error))
            return NULL;
    }
    return attach(report, spec, error) ? g_steal_pointer(&report) : NULL;
}
