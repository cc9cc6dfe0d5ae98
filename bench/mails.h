/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails for benchmarks of the store: no two are equal, and they compress about as mail does. */
#pragma once

#include <glib.h>

enum {
    BENCH_MAIL_LEN = 3800
};

static inline void
bench_mail_words(GString *mail, GRand *rand, gsize len)
{
    static const char *const words[] = {
        "meeting ",  "report ",  "please ",   "giraffe ",  "tomorrow ", "the ",      "of ",
        "and ",      "invoice ", "regards ",  "to ",       "we ",       "attached ", "is ",
        "schedule ", "a ",       "customer ", "with ",     "your ",     "for ",      "on ",
        "contract ", "have ",    "project ",  "question ", "in ",       "from ",     "office ",
    };

    while (mail->len < len - 2) {
        g_string_append(mail, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
        if (g_rand_int_range(rand, 0, 5) == 0)
            g_string_append_printf(mail, "%x ", g_rand_int(rand));
        if (g_rand_int_range(rand, 0, 12) == 0)
            g_string_append(mail, "\r\n");
    }
    g_string_truncate(mail, len - 2);
    g_string_append(mail, "\r\n");
}

/* The fields of a mail from outside, as relays leave them; ends within the header. */
static inline void
bench_mail_header(GString *mail, GRand *rand)
{
    guint number = g_rand_int(rand), sender = number % 100;

    g_string_append_printf(
        mail,
        "Return-Path: <sender%u@example.org>\r\n"
        "Received: from mx.example.org (mx.example.org [192.0.2.%u])\r\n"
        "\tby mail.example.net with ESMTPS id %08x;\r\n\tSun, 22 Nov 2026 02:36:00 +0100\r\n"
        "From: \"Sender %u\" <sender%u@example.org>\r\nTo: user@example.net\r\n"
        "Subject: Report %u of the week\r\nMessage-ID: <%u.%u@example.org>\r\n"
        "Date: Sun, 22 Nov 2026 02:36:00 +0100\r\nMIME-Version: 1.0\r\n",
        sender, sender, g_rand_int(rand), sender, sender, number, number, g_rand_int(rand));
}

/* A plain one of BENCH_MAIL_LEN bytes. */
static inline GBytes *
bench_mail_new(GRand *rand)
{
    GString *mail = g_string_new(NULL);

    bench_mail_header(mail, rand);
    g_string_append(mail, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    bench_mail_words(mail, rand, BENCH_MAIL_LEN);
    return g_string_free_to_bytes(mail);
}

/* The same mail with another number in its text, of the same length. */
static inline GBytes *
bench_mail_again(GBytes *mail, guint64 number)
{
    gsize len;
    const char *data = g_bytes_get_data(mail, &len);
    char *copy = g_memdup2(data, len), text[17];

    g_snprintf(text, sizeof text, "%016" G_GINT64_MODIFIER "x", number);
    memcpy(copy + len - 2 - 16, text, 16);
    return g_bytes_new_take(copy, len);
}
