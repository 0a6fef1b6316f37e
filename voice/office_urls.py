"""Addresses under /mairie/telephone/."""

from django.urls import path

from voice.views.agents import calls, home, pronunciations, recordings, trial

app_name = "voice_office"
urlpatterns = [
    path("", home.home, name="home"),
    path("reglages/", home.settings, name="settings"),
    path("numeros/", home.numbers, name="numbers"),
    path("prestataire/", home.provider, name="provider"),
    path("appels/", calls.calls, name="calls"),
    path("essai/", trial.begin, name="trial"),
    path("essai/<uuid:call>/", trial.turn, name="trial_turn"),
    path("essai/<uuid:call>/son.wav", trial.sound, name="trial_sound"),
    path("phrases/", recordings.sentences, name="sentences"),
    path("phrases/essais/<str:digest>.wav", recordings.draft_sound, name="draft_sound"),
    path("phrases/<slug:key>/", recordings.sentence, name="sentence"),
    path("phrases/<slug:key>/son.wav", recordings.sound, name="sentence_sound"),
    path("phrases/<slug:key>/retirer/", recordings.remove, name="sentence_remove"),
    path("prononciations/", pronunciations.words, name="words"),
    path("prononciations/son.wav", pronunciations.sound, name="word_sound"),
    path("prononciations/<int:word_id>/", pronunciations.word, name="word"),
    path("prononciations/<int:word_id>/supprimer/", pronunciations.remove, name="word_remove"),
]
