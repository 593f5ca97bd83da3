<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AccessRows</name>
    <message>
        <source>Base URL</source>
        <translation>Basis-URL</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the base URL</source>
        <translation>Die Basis-URL kopieren</translation>
    </message>
    <message>
        <source>API key</source>
        <translation>API-Schlüssel</translation>
    </message>
    <message>
        <source>Made when the port is first switched on.</source>
        <translation>Entsteht, wenn der Port zum ersten Mal eingeschaltet wird.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Copy the API key</source>
        <translation>Den API-Schlüssel kopieren</translation>
    </message>
    <message>
        <source>Renew…</source>
        <translation>Erneuern…</translation>
    </message>
    <message>
        <source>Renew the API key</source>
        <translation>Den API-Schlüssel erneuern</translation>
    </message>
    <message>
        <source>Renew the key</source>
        <translation>Schlüssel erneuern</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Hide the API key</source>
        <translation>Den API-Schlüssel verbergen</translation>
    </message>
    <message>
        <source>Show the API key</source>
        <translation>Den API-Schlüssel zeigen</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Programs that use the old key are refused from then on.</source>
        <translation>Programme mit dem alten Schlüssel werden von da an abgewiesen.</translation>
    </message>
</context>
<context>
    <name>AlertFields</name>
    <message>
        <source>The KV cache is nearly full</source>
        <translation>Der KV-Cache ist fast voll</translation>
    </message>
    <message>
        <source>VRAM is nearly full</source>
        <translation>Das VRAM ist fast voll</translation>
    </message>
    <message>
        <source>The GPU is slowed down by heat</source>
        <translation>Die GPU wird von Hitze gebremst</translation>
    </message>
    <message>
        <source>The GPU is slowed down by its power limit</source>
        <translation>Die GPU wird von ihrer Leistungsgrenze gebremst</translation>
    </message>
    <message>
        <source>The first token takes long (TTFT)</source>
        <translation>Das erste Token braucht lange (TTFT)</translation>
    </message>
    <message>
        <source>Requests are preempted</source>
        <translation>Anfragen werden verdrängt</translation>
    </message>
    <message>
        <source>Further requests will have to wait.</source>
        <translation>Weitere Anfragen müssen warten.</translation>
    </message>
    <message>
        <source>What the driver keeps for itself counts as used.</source>
        <translation>Was der Treiber für sich behält, zählt als belegt.</translation>
    </message>
    <message>
        <source>As the card tells it.</source>
        <translation>Wie die Karte es meldet.</translation>
    </message>
    <message>
        <source>As the card tells it; usual under full load, so only what lasts counts.</source>
        <translation>Wie die Karte es meldet; unter Volllast üblich, darum zählt nur, was anhält.</translation>
    </message>
    <message>
        <source>From a request&apos;s arrival to its first token.</source>
        <translation>Von der Ankunft einer Anfrage bis zu ihrem ersten Token.</translation>
    </message>
    <message>
        <source>Put back for lack of room in the KV cache, in the last minute.</source>
        <translation>In der letzten Minute zurückgestellt, weil im KV-Cache kein Platz war.</translation>
    </message>
    <message>
        <source>Above</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>Clears at</source>
        <translation>Vorbei bei</translation>
    </message>
    <message>
        <source>Lasting (s)</source>
        <translation>Für (s)</translation>
    </message>
    <message>
        <source>Clears after (s)</source>
        <translation>Vorbei nach (s)</translation>
    </message>
</context>
<context>
    <name>AlertList</name>
    <message>
        <source>No alert has been raised since the app was started. You are told when the KV cache or the VRAM is nearly full, a GPU is slowed down, the first token takes long or requests are preempted.</source>
        <translation>Seit dem Start der App gab es keine Warnung. Gewarnt wird, wenn der KV-Cache oder das VRAM fast voll ist, eine GPU gebremst wird, das erste Token lange braucht oder Anfragen verdrängt werden.</translation>
    </message>
    <message>
        <source>Change the thresholds</source>
        <translation>Schwellen ändern</translation>
    </message>
    <message>
        <source>The last {count} are kept until the app is closed.</source>
        <translation>Die letzten {count} werden aufgehoben, bis die App geschlossen wird.</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>Warnungen</translation>
    </message>
</context>
<context>
    <name>AlertRow</name>
    <message>
        <source>lasted {duration}</source>
        <translation>dauerte {duration}</translation>
    </message>
    <message>
        <source>for {duration} now</source>
        <translation>seit {duration}</translation>
    </message>
</context>
<context>
    <name>Answers</name>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Quantized</source>
        <translation>Quantisiert</translation>
    </message>
</context>
<context>
    <name>BlockMap</name>
    <message>
        <source>KV block map</source>
        <translation>Karte der KV-Blöcke</translation>
    </message>
</context>
<context>
    <name>CalibrationStep</name>
    <message>
        <source>Calibration text</source>
        <translation>Kalibrierungstext</translation>
    </message>
    <message>
        <source>Built-in chat texts</source>
        <translation>Mitgelieferte Gesprächstexte</translation>
    </message>
    <message>
        <source>Conversations and explanations. For a model to talk with.</source>
        <translation>Gespräche und Erklärungen. Für ein Modell, mit dem man spricht.</translation>
    </message>
    <message>
        <source>Built-in code texts</source>
        <translation>Mitgelieferte Programmtexte</translation>
    </message>
    <message>
        <source>Programs and talk about them. For a model that writes code.</source>
        <translation>Programme und Gespräche darüber. Für ein Modell, das Code schreibt.</translation>
    </message>
    <message>
        <source>Your own conversations</source>
        <translation>Ihre eigenen Unterhaltungen</translation>
    </message>
    <message>
        <source>What you really ask and get. They stay on this machine; only weights are written to the new model.</source>
        <translation>Was Sie wirklich fragen und bekommen. Sie bleiben auf diesem Rechner; in das neue Modell werden nur Gewichte geschrieben.</translation>
    </message>
    <message>
        <source>A file</source>
        <translation>Eine Datei</translation>
    </message>
    <message>
        <source>Text, JSONL or Parquet. For a field or a language of your own.</source>
        <translation>Text, JSONL oder Parquet. Für ein eigenes Fachgebiet oder eine eigene Sprache.</translation>
    </message>
    <message>
        <source>A Hugging Face dataset</source>
        <translation>Ein Datensatz von Hugging Face</translation>
    </message>
    <message>
        <source>Downloaded by its name, the first samples of one split.</source>
        <translation>Wird nach seinem Namen heruntergeladen: die ersten Proben eines Teils (Split).</translation>
    </message>
    <message>
        <source>Calibration file</source>
        <translation>Kalibrierungsdatei</translation>
    </message>
    <message>
        <source>A .txt, .jsonl or .parquet file</source>
        <translation>Eine Datei .txt, .jsonl oder .parquet</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen …</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>Datensatz</translation>
    </message>
    <message>
        <source>owner/name</source>
        <translation>Besitzer/Name</translation>
    </message>
    <message>
        <source>Subset</source>
        <translation>Teilmenge (Subset)</translation>
    </message>
    <message>
        <source>the only one</source>
        <translation>die einzige</translation>
    </message>
    <message>
        <source>Needed only where the dataset has several.</source>
        <translation>Nur nötig, wenn der Datensatz mehrere hat.</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Teil (Split)</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>found by itself</source>
        <translation>wird selbst gefunden</translation>
    </message>
    <message>
        <source>The field that holds the text.</source>
        <translation>Das Feld, in dem der Text steht.</translation>
    </message>
    <message>
        <source>Round-to-nearest reads no calibration text: there is nothing to choose.</source>
        <translation>Runden (RTN) liest keinen Kalibrierungstext: Hier ist nichts zu wählen.</translation>
    </message>
    <message>
        <source>At most {samples} samples of {length} tokens are used: {tokens} tokens, about {kilobytes} kB of English text. Longer texts are cut into samples, none is dropped.</source>
        <translation>Höchstens {samples} Proben zu {length} Token werden verwendet: {tokens} Token, etwa {kilobytes} kB englischer Text. Längere Texte werden in Proben geteilt, keiner fällt weg.</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>Wählen Sie eine Datei.</translation>
    </message>
    <message>
        <source>The dataset&apos;s name is needed, such as owner/name.</source>
        <translation>Der Name des Datensatzes wird gebraucht, etwa Besitzer/Name.</translation>
    </message>
    <message>
        <source>Choose a calibration text</source>
        <translation>Kalibrierungstext wählen</translation>
    </message>
    <message>
        <source>Texts (*.txt *.md *.jsonl *.parquet)</source>
        <translation>Texte (*.txt *.md *.jsonl *.parquet)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>AWQ runs some text through the model to see which weights matter most. The more it is like what the model will read, the better.</source>
        <translation>AWQ lässt Text durch das Modell laufen, um zu sehen, welche Gewichte am wichtigsten sind. Je ähnlicher er dem ist, was das Modell lesen wird, desto besser.</translation>
    </message>
</context>
<context>
    <name>ChatController</name>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>The built-in guide answers: a tiny model that knows only this app.</source>
        <translation>Es antwortet das eingebaute Hilfemodell: winzig, und es kennt nur diese App (auf Englisch).</translation>
    </message>
    <message>
        <source>{model} answers.</source>
        <translation>{model} antwortet.</translation>
    </message>
    <message>
        <source>Your first message loads {model}.</source>
        <translation>Ihre erste Nachricht lädt {model}.</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Conversation settings</source>
        <translation>Einstellungen dieser Unterhaltung</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>Modell: {name}</translation>
    </message>
    <message>
        <source>Open the Models page</source>
        <translation>Seite „Modelle“ öffnen</translation>
    </message>
</context>
<context>
    <name>CheckStep</name>
    <message>
        <source>Ready to begin?</source>
        <translation>Bereit zu beginnen?</translation>
    </message>
    <message>
        <source>Reading the model&apos;s headers and what is free…</source>
        <translation>Die Köpfe der Gewichtsdateien und der freie Platz werden gelesen …</translation>
    </message>
    <message>
        <source>Replace it when the new model is whole</source>
        <translation>Ersetzen, sobald das neue Modell vollständig ist</translation>
    </message>
    <message>
        <source>Or go back to Method and choose another name for the output folder.</source>
        <translation>Oder gehen Sie zurück zu „Verfahren“ und wählen Sie einen anderen Namen für den Zielordner.</translation>
    </message>
    <message>
        <source>Unload it first, and load it again after the job</source>
        <translation>Zuerst entladen und nach dem Auftrag wieder laden</translation>
    </message>
    <message>
        <source>All settings of this job</source>
        <translation>Alle Einstellungen dieses Auftrags</translation>
    </message>
    <message>
        <source>{name} is there already.</source>
        <translation>{name} gibt es schon.</translation>
    </message>
    <message>
        <source>{model} is loaded and holds memory that this job needs.</source>
        <translation>{model} ist geladen und belegt Speicher, den dieser Auftrag braucht.</translation>
    </message>
    <message>
        <source>VRAM</source>
        <translation>VRAM</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Answering… write the next message meanwhile</source>
        <translation>Antwort läuft … schreiben Sie inzwischen die nächste Nachricht</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
    <message>
        <source>Message — Enter sends, Shift+Enter starts a new line</source>
        <translation>Nachricht – Enter sendet, Umschalt+Enter beginnt eine neue Zeile</translation>
    </message>
</context>
<context>
    <name>Composing</name>
    <message>
        <source>Another message of this conversation has not been sent yet.</source>
        <translation>Eine andere Nachricht dieser Unterhaltung ist noch nicht gesendet.</translation>
    </message>
    <message>
        <source>Wait until it is sent, or cancel it first.</source>
        <translation>Warten Sie, bis sie gesendet ist, oder brechen Sie sie zuerst ab.</translation>
    </message>
    <message>
        <source>Editing your question. Enter sends it as a new version, Esc cancels.</source>
        <translation>Frage bearbeiten. Enter sendet sie als neue Version, Esc bricht ab.</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Wird geladen</translation>
    </message>
    <message>
        <source>{model}: {stage}. Your message is sent when it is ready.</source>
        <translation>{model}: {stage}. Ihre Nachricht wird gesendet, sobald es bereit ist.</translation>
    </message>
</context>
<context>
    <name>ContextMeter</name>
    <message>
        <source>Context used</source>
        <translation>Belegter Kontext</translation>
    </message>
    <message>
        <source>Prompt {prompt} tokens + {reserve} reserved for the answer; context {limit} tokens</source>
        <translation>Prompt {prompt} Token + {reserve} für die Antwort reserviert; Kontext {limit} Token</translation>
    </message>
    <message>
        <source>{prompt} of {limit} tokens</source>
        <translation>{prompt} von {limit} Token</translation>
    </message>
    <message>
        <source>the oldest turn will be left out</source>
        <translation>der älteste Wechsel wird ausgelassen</translation>
    </message>
    <message>
        <source>the {count} oldest turns will be left out</source>
        <translation>die {count} ältesten Wechsel werden ausgelassen</translation>
    </message>
    <message>
        <source>{prompt} + {reserve} reserved is over {limit} tokens by {over}</source>
        <translation>{prompt} + {reserve} reserviert sind {over} mehr als {limit} Token</translation>
    </message>
</context>
<context>
    <name>ConversationDelegate</name>
    <message>
        <source>Conversation title</source>
        <translation>Titel der Unterhaltung</translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message>
        <source>Conversations</source>
        <translation>Unterhaltungen</translation>
    </message>
</context>
<context>
    <name>ConversationModel</name>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>{title}, being answered</source>
        <translation>{title}, wird beantwortet</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Previous 30 days</source>
        <translation>Letzte 30 Tage</translation>
    </message>
</context>
<context>
    <name>ConversationPanel</name>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>“{title}” was deleted.</source>
        <translation>„{title}“ wurde gelöscht.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>No conversation contains “{words}”. Press Esc to see all.</source>
        <translation>Keine Unterhaltung enthält „{words}“. Esc zeigt wieder alle.</translation>
    </message>
    <message>
        <source>No conversations yet. Ask something, and it is kept here.</source>
        <translation>Noch keine Unterhaltungen. Fragen Sie etwas, und es steht hier.</translation>
    </message>
</context>
<context>
    <name>CostView</name>
    <message>
        <source>Begin anew</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Since {time}, over all starts of the app</source>
        <translation>Seit {time}, über alle Starts der App</translation>
    </message>
    <message>
        <source>Counted while a model is loaded.</source>
        <translation>Gezählt wird, solange ein Modell geladen ist.</translation>
    </message>
    <message>
        <source>What this computer draws is not known.</source>
        <translation>Was dieser Rechner verbraucht, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>No GPU here has told its energy while a model was loaded. Say above how many watts the computer draws, and the rest is worked out.</source>
        <translation>Keine GPU hat hier ihre Energie gemeldet, während ein Modell geladen war. Geben Sie oben an, wie viel Watt der Rechner aufnimmt; der Rest wird ausgerechnet.</translation>
    </message>
    <message>
        <source>All energy while a model was loaded counts, idle or not, but only that of the GPU: the rest of the computer tells none.</source>
        <translation>Es zählt alle Energie, während ein Modell geladen war, auch im Leerlauf, aber nur die der GPU: Der Rest des Rechners meldet keine.</translation>
    </message>
    <message>
        <source>All energy while a model was loaded counts, idle or not.</source>
        <translation>Es zählt alle Energie, während ein Modell geladen war, auch im Leerlauf.</translation>
    </message>
    <message>
        <source>Price per kWh</source>
        <translation>Preis je kWh</translation>
    </message>
    <message>
        <source>Cloud price per million tokens</source>
        <translation>Cloud-Preis je Million Token</translation>
    </message>
    <message>
        <source>Price of the hardware</source>
        <translation>Preis der Hardware</translation>
    </message>
    <message>
        <source>The computer draws (W)</source>
        <translation>Der Rechner nimmt auf (W)</translation>
    </message>
    <message>
        <source>Currency</source>
        <translation>Währung</translation>
    </message>
    <message>
        <source>Prices</source>
        <translation>Preise</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>Verbraucht</translation>
    </message>
    <message>
        <source>Cost</source>
        <translation>Kosten</translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Open log folder</source>
        <translation>Protokollordner öffnen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>CrashHandler</name>
    <message>
        <source>The app ended unexpectedly the last time</source>
        <translation>Die App wurde beim letzten Mal unerwartet beendet</translation>
    </message>
    <message>
        <source>Your conversations are safe. This is what it left behind:</source>
        <translation>Ihre Unterhaltungen sind sicher. Das hat sie hinterlassen:</translation>
    </message>
    <message>
        <source>Something went wrong in the app</source>
        <translation>In der App ist etwas schiefgegangen</translation>
    </message>
    <message>
        <source>This is a bug. You can go on working; if something looks odd, start the app again. The details help to fix it:</source>
        <translation>Das ist ein Programmfehler. Sie können weiterarbeiten; wenn etwas seltsam aussieht, starten Sie die App neu. Die Einzelheiten helfen, ihn zu beheben:</translation>
    </message>
</context>
<context>
    <name>DeviceSection</name>
    <message>
        <source>Memory in use, the last 2 minutes</source>
        <translation>Belegter Speicher, die letzten 2 Minuten</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
    <message>
        <source>Memory of {device}</source>
        <translation>Speicher von {device}</translation>
    </message>
</context>
<context>
    <name>DeviceView</name>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
</context>
<context>
    <name>EmptyState</name>
    <message>
        <source>What would you like to ask?</source>
        <translation>Was möchten Sie fragen?</translation>
    </message>
</context>
<context>
    <name>EngineSection</name>
    <message>
        <source>KV cache usage</source>
        <translation>Auslastung des KV-Cache</translation>
    </message>
    <message>
        <source>KV cache usage, the last 2 minutes</source>
        <translation>Auslastung des KV-Cache, die letzten 2 Minuten</translation>
    </message>
    <message>
        <source>Generation, the last 2 minutes</source>
        <translation>Erzeugung, die letzten 2 Minuten</translation>
    </message>
    <message>
        <source>Block size</source>
        <translation>Blockgröße</translation>
    </message>
    <message>
        <source>Running requests</source>
        <translation>Laufende Anfragen</translation>
    </message>
    <message>
        <source>Waiting requests</source>
        <translation>Wartende Anfragen</translation>
    </message>
    <message>
        <source>Preemptions</source>
        <translation>Verdrängungen</translation>
    </message>
    <message>
        <source>Prefix cache hits</source>
        <translation>Treffer im Präfix-Cache</translation>
    </message>
    <message>
        <source>Generation</source>
        <translation>Erzeugung</translation>
    </message>
    <message>
        <source>TTFT (median)</source>
        <translation>TTFT (Median)</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>{used} of {capacity} tokens · {percent} %</source>
        <translation>{used} von {capacity} Token · {percent} %</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} Token</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>noch keine</translation>
    </message>
    <message>
        <source>{speed} tok/s</source>
        <translation>{speed} Tok/s</translation>
    </message>
    <message>
        <source>1 cell = 1 block ({tokens} tokens)</source>
        <translation>1 Kästchen = 1 Block ({tokens} Token)</translation>
    </message>
    <message>
        <source>1 cell = {blocks} blocks ({tokens} tokens); each request has at least one</source>
        <translation>1 Kästchen = {blocks} Blöcke ({tokens} Token); jede Anfrage hat mindestens eines</translation>
    </message>
</context>
<context>
    <name>EngineState</name>
    <message>
        <source>No model loaded</source>
        <translation>Kein Modell geladen</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Unloading</source>
        <translation>Wird entladen</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Wird geladen</translation>
    </message>
    <message>
        <source>Starting the engine</source>
        <translation>Engine startet</translation>
    </message>
    <message>
        <source>Reading weights</source>
        <translation>Gewichte lesen</translation>
    </message>
    <message>
        <source>Profiling memory</source>
        <translation>Speicher vermessen</translation>
    </message>
    <message>
        <source>Allocating KV cache</source>
        <translation>KV-Cache anlegen</translation>
    </message>
    <message>
        <source>Warming up</source>
        <translation>Aufwärmen</translation>
    </message>
</context>
<context>
    <name>ErrorCard</name>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>16 answers at once come about as fast.</source>
        <translation>16 Antworten zugleich kommen etwa gleich schnell.</translation>
    </message>
    <message>
        <source>16 answers at once come {ratio}× faster.</source>
        <translation>16 Antworten zugleich kommen {ratio}× so schnell.</translation>
    </message>
    <message>
        <source>16 answers at once come {ratio}× slower.</source>
        <translation>16 Antworten zugleich kommen {ratio}× langsamer.</translation>
    </message>
    <message>
        <source>A KV cache of {size} holds one chat at {context} tokens.</source>
        <translation>Ein KV-Cache von {size} fasst einen Chat mit {context} Token.</translation>
    </message>
    <message>
        <source>A KV cache of {size} holds {count} chats at {context} tokens each.</source>
        <translation>Ein KV-Cache von {size} fasst {count} Chats mit je {context} Token.</translation>
    </message>
    <message>
        <source>A context length of {fits} tokens would fit; or give the KV cache more memory in the load profile.</source>
        <translation>Eine Kontextlänge von {fits} Token würde passen; oder geben Sie dem KV-Cache im Ladeprofil mehr Speicher.</translation>
    </message>
    <message>
        <source>A context length of {tokens} tokens would fit in what is free now.</source>
        <translation>Eine Kontextlänge von {tokens} Token würde in den jetzt freien Speicher passen.</translation>
    </message>
    <message>
        <source>A context of {after} tokens instead of {before} lets longer chats go on; each takes {size} more of the KV cache.</source>
        <translation>Ein Kontext von {after} statt {before} Token lässt längere Chats weitergehen; jeder braucht {size} mehr vom KV-Cache.</translation>
    </message>
    <message>
        <source>A context of {after} tokens instead of {before} spares {size} of KV cache a chat.</source>
        <translation>Ein Kontext von {after} statt {before} Token spart je Chat {size} KV-Cache.</translation>
    </message>
    <message>
        <source>A context of {asked} tokens does not fit in the KV cache.</source>
        <translation>Ein Kontext von {asked} Token passt nicht in den KV-Cache.</translation>
    </message>
    <message>
        <source>A library that the engine needs is missing: {library}.</source>
        <translation>Eine Bibliothek, die die Engine braucht, fehlt: {library}.</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>Aktivierungen</translation>
    </message>
    <message>
        <source>Add more text, choose a built-in set, or a shorter sequence length.</source>
        <translation>Nehmen Sie mehr Text, einen mitgelieferten Text oder kürzere Proben.</translation>
    </message>
    <message>
        <source>Add {part} to the modules left out.</source>
        <translation>Nehmen Sie {part} zu den ausgelassenen Modulen.</translation>
    </message>
    <message>
        <source>Another model is being quantized.</source>
        <translation>Es wird gerade ein anderes Modell quantisiert.</translation>
    </message>
    <message>
        <source>Another program holds the conversations in {path}.</source>
        <translation>Ein anderes Programm hält die Unterhaltungen in {path} fest.</translation>
    </message>
    <message>
        <source>Another window of this app is still opening the conversations.</source>
        <translation>Ein anderes Fenster dieser App öffnet die Unterhaltungen noch.</translation>
    </message>
    <message>
        <source>Answers on screen are kept and saved again by themselves as soon as it works.</source>
        <translation>Antworten auf dem Bildschirm bleiben erhalten und werden von selbst gespeichert, sobald es wieder geht.</translation>
    </message>
    <message>
        <source>Ask again when it is ready.</source>
        <translation>Fragen Sie noch einmal, wenn es bereit ist.</translation>
    </message>
    <message>
        <source>Ask for access on its page and log in, or choose another data set.</source>
        <translation>Bitten Sie auf seiner Seite um Zugang und melden Sie sich an, oder wählen Sie einen anderen Datensatz.</translation>
    </message>
    <message>
        <source>Ask for {percent} % of the memory, for others hold the rest.</source>
        <translation>Nur {percent} % des Speichers verlangen, denn den Rest belegen andere.</translation>
    </message>
    <message>
        <source>AutoAWQ is not installed.</source>
        <translation>AutoAWQ ist nicht installiert.</translation>
    </message>
    <message>
        <source>CUDA graphs</source>
        <translation>CUDA-Graphen</translation>
    </message>
    <message>
        <source>Cancel it first, then remove it.</source>
        <translation>Brechen Sie ihn zuerst ab und entfernen Sie ihn dann.</translation>
    </message>
    <message>
        <source>Cancel it in that window.</source>
        <translation>Brechen Sie ihn in jenem Fenster ab.</translation>
    </message>
    <message>
        <source>Change one of them in the sampling settings of this conversation.</source>
        <translation>Ändern Sie eines von beiden in den Sampling-Einstellungen dieser Unterhaltung.</translation>
    </message>
    <message>
        <source>Change that value in the load profile and load again.</source>
        <translation>Ändern Sie diesen Wert im Ladeprofil und laden Sie noch einmal.</translation>
    </message>
    <message>
        <source>Change the sampling settings of this conversation.</source>
        <translation>Ändern Sie die Sampling-Einstellungen dieser Unterhaltung.</translation>
    </message>
    <message>
        <source>Chats in the window go on. Load another model to use the port.</source>
        <translation>Chats im Fenster gehen weiter. Laden Sie ein anderes Modell, um den Port zu nutzen.</translation>
    </message>
    <message>
        <source>Check its fans, its dust filters and the air around it.</source>
        <translation>Prüfen Sie Lüfter, Staubfilter und die Luftzufuhr.</translation>
    </message>
    <message>
        <source>Check its permissions ({reason}), then start the app again.</source>
        <translation>Prüfen Sie die Rechte der Datei ({reason}) und starten Sie die App neu.</translation>
    </message>
    <message>
        <source>Check its permissions and its drive, or choose another folder.</source>
        <translation>Prüfen Sie Rechte und Laufwerk, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Check its permissions, and that its drive is still there.</source>
        <translation>Prüfen Sie die Rechte, und ob das Laufwerk noch da ist.</translation>
    </message>
    <message>
        <source>Check that the file is there and that you may read it.</source>
        <translation>Prüfen Sie, dass die Datei da ist und Sie sie lesen dürfen.</translation>
    </message>
    <message>
        <source>Check the disk and its free space.</source>
        <translation>Prüfen Sie die Festplatte und ihren freien Platz.</translation>
    </message>
    <message>
        <source>Check the network and the name, or choose a file or a built-in set.</source>
        <translation>Prüfen Sie Netz und Namen, oder wählen Sie eine Datei oder einen mitgelieferten Text.</translation>
    </message>
    <message>
        <source>Check the permissions of the file and its folder.</source>
        <translation>Prüfen Sie die Rechte der Datei und ihres Ordners.</translation>
    </message>
    <message>
        <source>Check the permissions of the folder and the space on its disk, then start the app again.</source>
        <translation>Prüfen Sie die Rechte des Ordners und den Platz auf der Festplatte und starten Sie die App neu.</translation>
    </message>
    <message>
        <source>Check the permissions of {path}: {reason}.</source>
        <translation>Prüfen Sie die Rechte von {path}: {reason}.</translation>
    </message>
    <message>
        <source>Check their permissions, and that their drive is still there.</source>
        <translation>Prüfen Sie ihre Rechte, und dass ihr Laufwerk noch da ist.</translation>
    </message>
    <message>
        <source>Choose AWQ for the best answers at four bits: it looks at calibration text to keep what matters, and takes minutes to hours.</source>
        <translation>AWQ für die besten Antworten in vier Bit: Es sieht sich Kalibrierungstext an, um zu erhalten, worauf es ankommt, und braucht Minuten bis Stunden.</translation>
    </message>
    <message>
        <source>Choose FP8 at load for eight bits without new files: the engine does it each time it loads the model, at half the memory and almost no loss.</source>
        <translation>FP8 beim Laden für acht Bit ohne neue Dateien: Die Engine tut es bei jedem Laden des Modells, mit halbem Speicher und fast ohne Verlust.</translation>
    </message>
    <message>
        <source>Choose RTN, or install the app again with its engine.</source>
        <translation>Wählen Sie RTN, oder installieren Sie die App noch einmal mit ihrer Engine.</translation>
    </message>
    <message>
        <source>Choose a .txt, .jsonl or .parquet file.</source>
        <translation>Wählen Sie eine Datei .txt, .jsonl oder .parquet.</translation>
    </message>
    <message>
        <source>Choose a folder beside it: the original stays as it is.</source>
        <translation>Wählen Sie einen Ordner daneben: Das Original bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Choose a full-precision model in safetensors, or leave out fewer modules.</source>
        <translation>Wählen Sie ein Modell in voller Genauigkeit in Safetensors, oder lassen Sie weniger Module aus.</translation>
    </message>
    <message>
        <source>Choose a longer text, or set a shorter sequence length.</source>
        <translation>Wählen Sie einen längeren Text oder kürzere Proben.</translation>
    </message>
    <message>
        <source>Choose a model that the installed libraries know by themselves.</source>
        <translation>Wählen Sie ein Modell, das die installierten Bibliotheken selbst kennen.</translation>
    </message>
    <message>
        <source>Choose a model that vLLM supports itself, or switch on trust remote code for this model if you trust its source.</source>
        <translation>Wählen Sie ein Modell, das vLLM selbst unterstützt, oder schalten Sie für dieses „Fremdem Code vertrauen“ ein, wenn Sie seiner Quelle vertrauen.</translation>
    </message>
    <message>
        <source>Choose another data set, or download it and choose one of its files.</source>
        <translation>Wählen Sie einen anderen Datensatz, oder laden Sie ihn herunter und wählen Sie eine seiner Dateien.</translation>
    </message>
    <message>
        <source>Choose another name, or say that it shall be replaced.</source>
        <translation>Wählen Sie einen anderen Namen, oder sagen Sie, dass er ersetzt werden soll.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Choose another one, or none, in the settings of the port.</source>
        <translation>Wählen Sie in den Einstellungen des Ports einen anderen oder keinen.</translation>
    </message>
    <message>
        <source>Choose another one.</source>
        <translation>Wählen Sie etwas anderes.</translation>
    </message>
    <message>
        <source>Choose another one: {free} is free.</source>
        <translation>Wählen Sie einen anderen: {free} ist frei.</translation>
    </message>
    <message>
        <source>Choose group size 64, which fits all of its layers.</source>
        <translation>Wählen Sie Gruppengröße 64: Sie passt zu allen Schichten.</translation>
    </message>
    <message>
        <source>Choose round-to-nearest for speed: it needs no text and little memory and takes seconds to minutes, but answers lose more.</source>
        <translation>Runden (RTN), wenn es schnell gehen soll: Es braucht keinen Text und wenig Speicher und dauert Sekunden bis Minuten, aber die Antworten verlieren mehr.</translation>
    </message>
    <message>
        <source>Choose the folder of the model it was made for.</source>
        <translation>Wählen Sie den Ordner des Modells, für das er gemacht wurde.</translation>
    </message>
    <message>
        <source>Choose the folder that holds config.json and the *.safetensors files.</source>
        <translation>Wählen Sie den Ordner mit config.json und den Dateien *.safetensors.</translation>
    </message>
    <message>
        <source>Choose the folder that holds config.json and the weights.</source>
        <translation>Wählen Sie den Ordner mit config.json und den Gewichten.</translation>
    </message>
    <message>
        <source>Choose the full-precision model it was made from.</source>
        <translation>Wählen Sie das Modell in voller Genauigkeit, aus dem es gemacht wurde.</translation>
    </message>
    <message>
        <source>Close other programs that use much memory.</source>
        <translation>Schließen Sie andere Programme, die viel Speicher brauchen.</translation>
    </message>
    <message>
        <source>Close other programs that use the GPU, or load the model with a smaller KV cache.</source>
        <translation>Schließen Sie andere Programme, die die GPU nutzen, oder laden Sie das Modell mit kleinerem KV-Cache.</translation>
    </message>
    <message>
        <source>Close other programs, or start the app again.</source>
        <translation>Schließen Sie andere Programme, oder starten Sie die App neu.</translation>
    </message>
    <message>
        <source>Close the other program.</source>
        <translation>Schließen Sie das andere Programm.</translation>
    </message>
    <message>
        <source>Close what else uses the memory, set CPU offload in the load profile, or load a smaller or quantized model.</source>
        <translation>Schließen Sie, was sonst Speicher belegt, stellen Sie im Ladeprofil CPU-Auslagerung ein, oder laden Sie ein kleineres oder quantisiertes Modell.</translation>
    </message>
    <message>
        <source>Close what else uses the memory, set fewer samples or a shorter sequence length, or choose RTN, which needs the least.</source>
        <translation>Schließen Sie, was sonst Speicher braucht, nehmen Sie weniger oder kürzere Proben, oder wählen Sie RTN: Es braucht am wenigsten.</translation>
    </message>
    <message>
        <source>Close what else uses the memory, then load again.</source>
        <translation>Schließen Sie, was sonst Speicher belegt, und laden Sie noch einmal.</translation>
    </message>
    <message>
        <source>Code for calibration: the weights that matter for code are kept best.</source>
        <translation>Programmtexte zur Kalibrierung: Die Gewichte, auf die es bei Code ankommt, bleiben am genauesten.</translation>
    </message>
    <message>
        <source>Conversations and prose for calibration: they are what the model will read.</source>
        <translation>Gespräche und Prosa zur Kalibrierung: Sie sind, was das Modell lesen wird.</translation>
    </message>
    <message>
        <source>Convert it to plain text, JSONL or Parquet.</source>
        <translation>Wandeln Sie sie in reinen Text, JSONL oder Parquet um.</translation>
    </message>
    <message>
        <source>Copy or download the model&apos;s folder again; the log names the file or tensor.</source>
        <translation>Kopieren oder laden Sie den Ordner des Modells noch einmal herunter; das Protokoll nennt die Datei oder den Tensor.</translation>
    </message>
    <message>
        <source>Copy tokenizer.json and tokenizer_config.json from where the model comes from.</source>
        <translation>Kopieren Sie tokenizer.json und tokenizer_config.json von dort, woher das Modell stammt.</translation>
    </message>
    <message>
        <source>Data sets need the Python package datasets, which is not installed.</source>
        <translation>Datensätze brauchen das Python-Paket datasets, das nicht installiert ist.</translation>
    </message>
    <message>
        <source>Do not load this model; get it from a source you trust.</source>
        <translation>Laden Sie dieses Modell nicht; besorgen Sie es aus einer Quelle, der Sie vertrauen.</translation>
    </message>
    <message>
        <source>Download or copy the model again, or put that file back.</source>
        <translation>Laden Sie das Modell noch einmal herunter, kopieren Sie es neu, oder legen Sie die Datei zurück.</translation>
    </message>
    <message>
        <source>Download or copy the model again, whole.</source>
        <translation>Laden Sie das Modell noch einmal vollständig herunter, oder kopieren Sie es neu.</translation>
    </message>
    <message>
        <source>Each line must be a JSON object with its text in a field such as text, content, messages, prompt and completion, or instruction and output; or name the field.</source>
        <translation>Jede Zeile muss ein JSON-Objekt sein, mit dem Text in einem Feld wie text, content, messages, prompt und completion oder instruction und output; oder nennen Sie das Feld.</translation>
    </message>
    <message>
        <source>Even without the earlier turns, this needs {tokens} tokens for the prompt and {reserve} reserved for the answer, but the model&apos;s context is {limit} tokens, so nothing was sent.</source>
        <translation>Auch ohne die früheren Wechsel sind {tokens} Token für den Prompt und {reserve} für die Antwort nötig, der Kontext des Modells fasst aber {limit} Token. Es wurde nichts gesendet.</translation>
    </message>
    <message>
        <source>For one chat at {context} tokens.</source>
        <translation>Für einen Chat mit {context} Token.</translation>
    </message>
    <message>
        <source>For {count} chats at once, each at {context} tokens.</source>
        <translation>Für {count} gleichzeitige Chats mit je {context} Token.</translation>
    </message>
    <message>
        <source>Free some disk space and start the app again; nothing has been lost.</source>
        <translation>Schaffen Sie Platz auf der Festplatte und starten Sie die App neu; es ist nichts verloren.</translation>
    </message>
    <message>
        <source>Free some disk space or check the folder&apos;s permissions, then load again.</source>
        <translation>Schaffen Sie Platz auf der Festplatte oder prüfen Sie die Rechte des Ordners, und laden Sie noch einmal.</translation>
    </message>
    <message>
        <source>Free some disk space or check the folder&apos;s permissions, then start the app again; nothing has been changed.</source>
        <translation>Schaffen Sie Platz auf der Festplatte oder prüfen Sie die Rechte des Ordners, und starten Sie die App neu; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Free some disk space or choose a folder on another disk, then run the job again.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie einen Ordner auf einer anderen Festplatte, und starten Sie den Auftrag noch einmal.</translation>
    </message>
    <message>
        <source>Free some disk space.</source>
        <translation>Schaffen Sie Platz auf der Festplatte.</translation>
    </message>
    <message>
        <source>Free some space, or choose an output folder on another disk.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie einen Zielordner auf einer anderen Festplatte.</translation>
    </message>
    <message>
        <source>Get a safetensors version of it: pickle files can run any program when opened.</source>
        <translation>Beschaffen Sie es in Safetensors: Pickle-Dateien können beim Öffnen beliebige Programme ausführen.</translation>
    </message>
    <message>
        <source>Get a safetensors version, or allow pickle weights for this model if you trust its source.</source>
        <translation>Besorgen Sie es als Safetensors, oder erlauben Sie Pickle-Gewichte für dieses Modell, wenn Sie seiner Quelle vertrauen.</translation>
    </message>
    <message>
        <source>Get the file again, or choose another one.</source>
        <translation>Beschaffen Sie die Datei noch einmal, oder wählen Sie eine andere.</translation>
    </message>
    <message>
        <source>Get the same model in safetensors: a folder with config.json and *.safetensors.</source>
        <translation>Besorgen Sie das Modell als Safetensors: ein Ordner mit config.json und *.safetensors.</translation>
    </message>
    <message>
        <source>Give a PEM file with the certificate (and its chain), and the key without a passphrase that belongs to it.</source>
        <translation>Geben Sie eine PEM-Datei mit dem Zertifikat (und seiner Kette) an und den zugehörigen Schlüssel ohne Passphrase.</translation>
    </message>
    <message>
        <source>Give the KV cache more memory in the load profile, or load a smaller model.</source>
        <translation>Geben Sie dem KV-Cache im Ladeprofil mehr Speicher, oder laden Sie ein kleineres Modell.</translation>
    </message>
    <message>
        <source>Give the KV cache more memory, or run fewer or shorter chats at once.</source>
        <translation>Geben Sie dem KV-Cache mehr Speicher, oder führen Sie weniger oder kürzere Chats gleichzeitig.</translation>
    </message>
    <message>
        <source>Give the KV cache {size}: about {tokens} tokens instead of {before}.</source>
        <translation>Dem KV-Cache {size} geben: etwa {tokens} Token statt {before}.</translation>
    </message>
    <message>
        <source>Group size 128: in conversation the difference to 64 is hardly seen, and the model is a little smaller and faster.</source>
        <translation>Gruppengröße 128: Im Gespräch ist der Unterschied zu 64 kaum zu sehen, und das Modell ist etwas kleiner und schneller.</translation>
    </message>
    <message>
        <source>Group size 64: in code one wrong token breaks the program, and smaller groups round more exactly. The model grows by 2 to 4 %.</source>
        <translation>Gruppengröße 64: In Code macht ein falsches Token das Programm kaputt, und kleinere Gruppen runden genauer. Das Modell wird 2 bis 4 % größer.</translation>
    </message>
    <message>
        <source>How much memory the GPU has cannot be told.</source>
        <translation>Wie viel Speicher die GPU hat, lässt sich nicht feststellen.</translation>
    </message>
    <message>
        <source>If it was just quantized, leave more modules out or choose the smaller group size or another method. Else get the model again.</source>
        <translation>Wurde es gerade quantisiert, so lassen Sie mehr Module aus, oder wählen Sie die kleinere Gruppengröße oder ein anderes Verfahren. Sonst beschaffen Sie das Modell noch einmal.</translation>
    </message>
    <message>
        <source>If the tensor parallel size in the load profile is more than 1, lower it. Otherwise load another version of the model, unquantized or quantized by another method.</source>
        <translation>Ist die Tensor-Parallelität im Ladeprofil größer als 1, senken Sie sie. Sonst laden Sie eine andere Fassung des Modells, unquantisiert oder anders quantisiert.</translation>
    </message>
    <message>
        <source>In the last minute {count} requests were put back for lack of room in the KV cache; their work is done again.</source>
        <translation>In der letzten Minute wurden {count} Anfragen zurückgestellt, weil der KV-Cache voll war; ihre Arbeit wird noch einmal getan.</translation>
    </message>
    <message>
        <source>In the memory that is free now no context fits beside the weights.</source>
        <translation>In den jetzt freien Speicher passt neben die Gewichte kein Kontext.</translation>
    </message>
    <message>
        <source>Install both (on Debian and Ubuntu: apt install g++ python3-dev; on Fedora: dnf install gcc-c++ python3-devel), or switch on enforce eager in the load profile, which is slower.</source>
        <translation>Installieren Sie beide (Debian und Ubuntu: apt install g++ python3-dev; Fedora: dnf install gcc-c++ python3-devel), oder schalten Sie im Ladeprofil „Eager erzwingen“ ein; das ist langsamer.</translation>
    </message>
    <message>
        <source>Install it beside the app, or choose a file.</source>
        <translation>Installieren Sie es neben der App, oder wählen Sie eine Datei.</translation>
    </message>
    <message>
        <source>Install it beside the app, or convert the file to JSONL.</source>
        <translation>Installieren Sie es neben der App, oder wandeln Sie die Datei in JSONL um.</translation>
    </message>
    <message>
        <source>It answers about as fast.</source>
        <translation>Es antwortet etwa gleich schnell.</translation>
    </message>
    <message>
        <source>It answers {ratio}× faster.</source>
        <translation>Es antwortet {ratio}× so schnell.</translation>
    </message>
    <message>
        <source>It answers {ratio}× slower.</source>
        <translation>Es antwortet {ratio}× langsamer.</translation>
    </message>
    <message>
        <source>It holds until the app is closed. Free some disk space or check the folder&apos;s permissions, then change it again.</source>
        <translation>Sie gilt, bis die App geschlossen wird. Schaffen Sie Platz auf der Festplatte oder prüfen Sie die Rechte des Ordners und ändern Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>It may be a FAT drive or mounted noexec. Set XDG_CACHE_HOME to a folder on a disk of Linux&apos;s own, such as ext4, and start the app again.</source>
        <translation>Es ist vielleicht ein FAT-Laufwerk oder mit noexec eingehängt. Setzen Sie XDG_CACHE_HOME auf einen Ordner eines Linux-Dateisystems wie ext4, und starten Sie die App neu.</translation>
    </message>
    <message>
        <source>It may have been moved, or be on a drive that is not mounted.</source>
        <translation>Er wurde vielleicht verschoben oder liegt auf einem Laufwerk, das nicht eingehängt ist.</translation>
    </message>
    <message>
        <source>Its folder needs tokenizer.json or tokenizer.model as published with the model; copy them there again.</source>
        <translation>In den Ordner gehört tokenizer.json oder tokenizer.model, wie mit dem Modell veröffentlicht; kopieren Sie die Datei noch einmal dorthin.</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>Keep the KV cache in FP8: about {tokens} tokens instead of {before} in the same memory.</source>
        <translation>Den KV-Cache in FP8 halten: etwa {tokens} Token statt {before} im selben Speicher.</translation>
    </message>
    <message>
        <source>Keep the KV cache in FP8: it takes {gives} less.</source>
        <translation>Den KV-Cache in FP8 halten: {gives} weniger.</translation>
    </message>
    <message>
        <source>Leave that module out.</source>
        <translation>Lassen Sie dieses Modul aus.</translation>
    </message>
    <message>
        <source>Leave {size} GiB of the weights in RAM (CPU offload): slower, {gives} less.</source>
        <translation>{size} GiB der Gewichte im RAM lassen (CPU-Offload): langsamer, {gives} weniger.</translation>
    </message>
    <message>
        <source>Let fewer answers run at once; no other load profile would give it more room.</source>
        <translation>Lassen Sie weniger Antworten zugleich laufen; kein anderes Ladeprofil gäbe ihr mehr Platz.</translation>
    </message>
    <message>
        <source>Line {number} of {name} cannot be used: {reason}.</source>
        <translation>Zeile {number} von {name} ist nicht zu gebrauchen: {reason}.</translation>
    </message>
    <message>
        <source>Load a model of a supported family, such as Llama, Qwen2, Qwen3 or Mistral.</source>
        <translation>Laden Sie ein Modell einer unterstützten Familie, etwa Llama, Qwen2, Qwen3 oder Mistral.</translation>
    </message>
    <message>
        <source>Load it to find out; vLLM measures it then.</source>
        <translation>Laden Sie es, um es zu erfahren; vLLM misst es dann.</translation>
    </message>
    <message>
        <source>Load one on the Models page.</source>
        <translation>Laden Sie eines auf der Seite „Modelle“.</translation>
    </message>
    <message>
        <source>Lower the KV cache in the load profile, or set it to automatic.</source>
        <translation>Verkleinern Sie den KV-Cache im Ladeprofil, oder stellen Sie ihn auf „Automatisch“.</translation>
    </message>
    <message>
        <source>Lower the KV cache, the context length or max batched tokens in the load profile.</source>
        <translation>Senken Sie im Ladeprofil den KV-Cache, die Kontextlänge oder „Max. Token je Schritt“.</translation>
    </message>
    <message>
        <source>Min tokens ({least}) is more than max tokens ({most}).</source>
        <translation>Min. Token ({least}) ist mehr als Max. Token ({most}).</translation>
    </message>
    <message>
        <source>Models without a chat template (base models) cannot chat; some templates refuse a system prompt or two turns of the same role.</source>
        <translation>Modelle ohne Chat-Vorlage (Basismodelle) können nicht chatten; manche Vorlagen lehnen einen Systemprompt oder zwei Beiträge derselben Rolle ab.</translation>
    </message>
    <message>
        <source>Name its subset and split as they are listed there.</source>
        <translation>Nennen Sie Teilmenge (Subset) und Teil (Split) so, wie sie dort stehen.</translation>
    </message>
    <message>
        <source>Name the column that holds the text.</source>
        <translation>Nennen Sie die Spalte, in der der Text steht.</translation>
    </message>
    <message>
        <source>No NVIDIA driver was found.</source>
        <translation>Es wurde kein NVIDIA-Treiber gefunden.</translation>
    </message>
    <message>
        <source>No calibration file is named.</source>
        <translation>Es ist keine Kalibrierungsdatei genannt.</translation>
    </message>
    <message>
        <source>No data set is named.</source>
        <translation>Es ist kein Datensatz genannt.</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>Other programs took memory that was free when the load began.</source>
        <translation>Andere Programme haben Speicher belegt, der zu Beginn des Ladens frei war.</translation>
    </message>
    <message>
        <source>Parquet files need the Python package pyarrow, which is not installed.</source>
        <translation>Parquet-Dateien brauchen das Python-Paket pyarrow, das nicht installiert ist.</translation>
    </message>
    <message>
        <source>Perplexity falls by {points} ({percent} %), on too little text to rule out chance.</source>
        <translation>Die Perplexität fällt um {points} ({percent} %), auf zu wenig Text, um Zufall auszuschließen.</translation>
    </message>
    <message>
        <source>Perplexity falls by {points} ({percent} %), within its standard error.</source>
        <translation>Die Perplexität fällt um {points} ({percent} %), innerhalb ihres Standardfehlers.</translation>
    </message>
    <message>
        <source>Perplexity falls by {points} ({percent} %), within twice its standard error.</source>
        <translation>Die Perplexität fällt um {points} ({percent} %), innerhalb des doppelten Standardfehlers.</translation>
    </message>
    <message>
        <source>Perplexity falls by {points} ({percent} %).</source>
        <translation>Die Perplexität fällt um {points} ({percent} %).</translation>
    </message>
    <message>
        <source>Perplexity rises by {points} ({percent} %), on too little text to rule out chance.</source>
        <translation>Die Perplexität steigt um {points} ({percent} %), auf zu wenig Text, um Zufall auszuschließen.</translation>
    </message>
    <message>
        <source>Perplexity rises by {points} ({percent} %), within its standard error.</source>
        <translation>Die Perplexität steigt um {points} ({percent} %), innerhalb ihres Standardfehlers.</translation>
    </message>
    <message>
        <source>Perplexity rises by {points} ({percent} %), within twice its standard error.</source>
        <translation>Die Perplexität steigt um {points} ({percent} %), innerhalb des doppelten Standardfehlers.</translation>
    </message>
    <message>
        <source>Perplexity rises by {points} ({percent} %).</source>
        <translation>Die Perplexität steigt um {points} ({percent} %).</translation>
    </message>
    <message>
        <source>Perplexity stays at {value}.</source>
        <translation>Die Perplexität bleibt bei {value}.</translation>
    </message>
    <message>
        <source>Port {port} is reserved for the system&apos;s own services.</source>
        <translation>Port {port} ist den Diensten des Systems vorbehalten.</translation>
    </message>
    <message>
        <source>Port {port} is taken by another program.</source>
        <translation>Port {port} ist von einem anderen Programm belegt.</translation>
    </message>
    <message>
        <source>Quantize the model to four bits: {gives} less.</source>
        <translation>Das Modell auf vier Bit quantisieren: {gives} weniger.</translation>
    </message>
    <message>
        <source>Quantize the weights to FP8 at load: {gives} less.</source>
        <translation>Die Gewichte beim Laden in FP8 umwandeln: {gives} weniger.</translation>
    </message>
    <message>
        <source>Quantizing needs about {needed} of {memory}, and {free} are free.</source>
        <translation>Die Quantisierung braucht etwa {needed} {memory}, und {free} sind frei.</translation>
    </message>
    <message>
        <source>Raise the share of VRAM, set CPU offload, or load a smaller or quantized model.</source>
        <translation>Erhöhen Sie den Anteil am VRAM, stellen Sie CPU-Auslagerung ein, oder laden Sie ein kleineres oder quantisiertes Modell.</translation>
    </message>
    <message>
        <source>Regenerate it; if it happens again, reload the model.</source>
        <translation>Lassen Sie neu antworten; geschieht es wieder, laden Sie das Modell neu.</translation>
    </message>
    <message>
        <source>Regenerate it; if it happens again, report it with the details.</source>
        <translation>Lassen Sie neu antworten; geschieht es wieder, melden Sie es mit den Einzelheiten.</translation>
    </message>
    <message>
        <source>Remove it if you do not need it, or choose another name.</source>
        <translation>Entfernen Sie ihn, wenn Sie ihn nicht brauchen, oder wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Repair the installation, then measure again.</source>
        <translation>Reparieren Sie die Installation, und messen Sie dann noch einmal.</translation>
    </message>
    <message>
        <source>Repair the installation: python3 packaging/bootstrap.py run --repair</source>
        <translation>Reparieren Sie die Installation: python3 packaging/bootstrap.py run --repair</translation>
    </message>
    <message>
        <source>Run it again.</source>
        <translation>Starten Sie ihn noch einmal.</translation>
    </message>
    <message>
        <source>Run it again; if it stays so, report it with the details.</source>
        <translation>Starten Sie ihn noch einmal; bleibt es dabei, so melden Sie es mit den Einzelheiten.</translation>
    </message>
    <message>
        <source>Run one chat at a time: it takes {gives} less.</source>
        <translation>Nur einen Chat auf einmal führen: {gives} weniger.</translation>
    </message>
    <message>
        <source>Run the job again; if it happens again, its disk may be failing.</source>
        <translation>Starten Sie den Auftrag noch einmal; geschieht es wieder, ist vielleicht die Festplatte defekt.</translation>
    </message>
    <message>
        <source>Run {count} chats at once: it takes {gives} less.</source>
        <translation>{count} Chats gleichzeitig führen: {gives} weniger.</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Laufzeitumgebung</translation>
    </message>
    <message>
        <source>Save it as UTF-8 in an editor, or convert it, such as with iconv -f WINDOWS-1252 -t UTF-8 for an older Windows file.</source>
        <translation>Speichern Sie sie in einem Editor als UTF-8, oder wandeln Sie sie um, eine ältere Windows-Datei etwa mit iconv -f WINDOWS-1252 -t UTF-8.</translation>
    </message>
    <message>
        <source>Say it with --vram, in GiB.</source>
        <translation>Geben Sie ihn mit --vram in GiB an.</translation>
    </message>
    <message>
        <source>Set CPU offload, or load a smaller or quantized model.</source>
        <translation>Stellen Sie CPU-Auslagerung ein, oder laden Sie ein kleineres oder quantisiertes Modell.</translation>
    </message>
    <message>
        <source>Set another tensor parallel size in the load profile; 1 always divides.</source>
        <translation>Stellen Sie im Ladeprofil eine andere Tensor-Parallelität ein; 1 geht immer.</translation>
    </message>
    <message>
        <source>Set dtype to auto, float16 or bfloat16 in its load profile.</source>
        <translation>Stellen Sie dtype in seinem Ladeprofil auf auto, float16 oder bfloat16.</translation>
    </message>
    <message>
        <source>Set max batched tokens to {tokens}: prompts are read slower, {gives} less.</source>
        <translation>Max. Token je Schritt auf {tokens} setzen: Prompts werden langsamer gelesen, {gives} weniger.</translation>
    </message>
    <message>
        <source>Set max sequences to {count}: the others wait in line instead of being set back.</source>
        <translation>Max. Sequenzen auf {count} setzen: Die anderen warten in der Reihe, statt verdrängt zu werden.</translation>
    </message>
    <message>
        <source>Set max sequences to {count}: {gives} less.</source>
        <translation>Max. Sequenzen auf {count} setzen: {gives} weniger.</translation>
    </message>
    <message>
        <source>Set quantize at load to No in its load profile.</source>
        <translation>Stellen Sie in seinem Ladeprofil „Beim Laden quantisieren“ auf Nein.</translation>
    </message>
    <message>
        <source>Set quantize at load to No, or quantize the model to four bits instead.</source>
        <translation>Stellen Sie „Beim Laden quantisieren“ auf Nein, oder quantisieren Sie das Modell stattdessen auf vier Bit.</translation>
    </message>
    <message>
        <source>Set the KV cache to automatic.</source>
        <translation>Den KV-Cache auf automatisch stellen.</translation>
    </message>
    <message>
        <source>Set the KV cache&apos;s dtype to auto in the load profile.</source>
        <translation>Stellen Sie den Datentyp des KV-Cache im Ladeprofil auf auto.</translation>
    </message>
    <message>
        <source>Set the KV cache&apos;s dtype to auto or fp8 in its load profile.</source>
        <translation>Stellen Sie den Datentyp des KV-Cache im Ladeprofil auf auto oder fp8.</translation>
    </message>
    <message>
        <source>Set the context length to {context} tokens.</source>
        <translation>Die Kontextlänge auf {context} Token setzen.</translation>
    </message>
    <message>
        <source>Set the context length to {context} tokens: it takes {gives} less.</source>
        <translation>Die Kontextlänge auf {context} Token setzen: {gives} weniger.</translation>
    </message>
    <message>
        <source>Set the context length to {limit} or less in its load profile.</source>
        <translation>Stellen Sie die Kontextlänge in seinem Ladeprofil auf höchstens {limit}.</translation>
    </message>
    <message>
        <source>Several requests in a row failed in the engine.</source>
        <translation>Mehrere Anfragen nacheinander sind in der Engine gescheitert.</translation>
    </message>
    <message>
        <source>Shorten it, start a new conversation, or load with a longer context.</source>
        <translation>Kürzen Sie ihn, beginnen Sie eine neue Unterhaltung, oder laden Sie mit längerem Kontext.</translation>
    </message>
    <message>
        <source>Shorten the conversation. If a short one fails too, the template is broken or means harm: get the model from a source you trust.</source>
        <translation>Kürzen Sie die Unterhaltung. Scheitert auch eine kurze, ist die Vorlage kaputt oder bösartig: Besorgen Sie das Modell aus einer Quelle, der Sie vertrauen.</translation>
    </message>
    <message>
        <source>Shorten the question, reserve fewer tokens for the answer, let the oldest turns be dropped (Settings), or load the model with a longer context.</source>
        <translation>Kürzen Sie die Frage, reservieren Sie weniger Token für die Antwort, lassen Sie die ältesten Wechsel auslassen (Einstellungen), oder laden Sie das Modell mit längerem Kontext.</translation>
    </message>
    <message>
        <source>Shorten the question, reserve fewer tokens for the answer, or load the model with a longer context.</source>
        <translation>Kürzen Sie die Frage, reservieren Sie weniger Token für die Antwort, oder laden Sie das Modell mit längerem Kontext.</translation>
    </message>
    <message>
        <source>Shorter prompts, fewer chats at once or a bigger batch of tokens make it sooner.</source>
        <translation>Kürzere Prompts, weniger gleichzeitige Chats oder mehr Token je Schritt verkürzen die Zeit.</translation>
    </message>
    <message>
        <source>Something in the app went wrong while this answer was being written.</source>
        <translation>In der App ging etwas schief, während diese Antwort geschrieben wurde.</translation>
    </message>
    <message>
        <source>Start the app again: it keeps the damaged file aside and begins a new one.</source>
        <translation>Starten Sie die App neu: Sie legt die beschädigte Datei beiseite und beginnt eine neue.</translation>
    </message>
    <message>
        <source>Start the app again; if it stays so, report it with the details.</source>
        <translation>Starten Sie die App neu; bleibt es so, melden Sie es mit den Einzelheiten.</translation>
    </message>
    <message>
        <source>Steps to read a prompt of {prompt} tokens: {steps} instead of {more}, for {size} more of activations.</source>
        <translation>Schritte, um einen Prompt von {prompt} Token zu lesen: {steps} statt {more}, für {size} mehr Aktivierungen.</translation>
    </message>
    <message>
        <source>Steps to read a prompt of {prompt} tokens: {steps}; {size} of activations are spared.</source>
        <translation>Schritte, um einen Prompt von {prompt} Token zu lesen: {steps}; {size} Aktivierungen werden gespart.</translation>
    </message>
    <message>
        <source>That conversation is no longer there.</source>
        <translation>Diese Unterhaltung gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>That job is no longer there.</source>
        <translation>Diesen Auftrag gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>That message is no longer there.</source>
        <translation>Diese Nachricht gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>That setting is out of range.</source>
        <translation>Diese Einstellung liegt außerhalb des Erlaubten.</translation>
    </message>
    <message>
        <source>The API key in {path} cannot be used: {reason}.</source>
        <translation>Der API-Schlüssel in {path} kann nicht verwendet werden: {reason}.</translation>
    </message>
    <message>
        <source>The CPU build needs AVX2 or newer (x86) or NEON (ARM); desktop-llm doctor says what this processor has.</source>
        <translation>Ohne GPU braucht es AVX2 oder neuer (x86) oder NEON (ARM); desktop-llm doctor sagt, was dieser Prozessor kann.</translation>
    </message>
    <message>
        <source>The GPU is lost: the driver no longer reaches it.</source>
        <translation>Die GPU ist verloren: Der Treiber erreicht sie nicht mehr.</translation>
    </message>
    <message>
        <source>The KV cache had no room for this answer, so others went first.</source>
        <translation>Der KV-Cache hatte keinen Platz für diese Antwort, daher kamen andere zuerst.</translation>
    </message>
    <message>
        <source>The KV cache has been full for too long.</source>
        <translation>Der KV-Cache ist seit zu langer Zeit voll.</translation>
    </message>
    <message>
        <source>The KV cache has been more than {percent} % full for {duration}: requests will queue.</source>
        <translation>Der KV-Cache ist seit {duration} zu mehr als {percent} % voll: Anfragen werden warten müssen.</translation>
    </message>
    <message>
        <source>The KV cache is too small for even a short context.</source>
        <translation>Der KV-Cache ist selbst für einen kurzen Kontext zu klein.</translation>
    </message>
    <message>
        <source>The NVIDIA driver does not answer: {reason}.</source>
        <translation>Der NVIDIA-Treiber antwortet nicht: {reason}.</translation>
    </message>
    <message>
        <source>The NVIDIA driver has not answered for {seconds} s. If it stays so, restart the computer.</source>
        <translation>Der NVIDIA-Treiber antwortet seit {seconds} s nicht. Bleibt es so, starten Sie den Rechner neu.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is installed but reports no GPU.</source>
        <translation>Der NVIDIA-Treiber ist installiert, meldet aber keine GPU.</translation>
    </message>
    <message>
        <source>The NVIDIA driver was updated and the old one is still loaded. Restart the computer.</source>
        <translation>Der NVIDIA-Treiber wurde aktualisiert, der alte ist noch geladen. Starten Sie den Rechner neu.</translation>
    </message>
    <message>
        <source>The NVML bindings (nvidia-ml-py) are not installed.</source>
        <translation>Die NVML-Anbindung (nvidia-ml-py) ist nicht installiert.</translation>
    </message>
    <message>
        <source>The TLS certificate cannot be used: {reason}.</source>
        <translation>Das TLS-Zertifikat kann nicht verwendet werden: {reason}.</translation>
    </message>
    <message>
        <source>The VRAM of {gpu} is nearly full: {free} of {total} are left.</source>
        <translation>Der VRAM von {gpu} ist fast voll: {free} von {total} sind frei.</translation>
    </message>
    <message>
        <source>The app ended while this job ran; nothing of its result was kept.</source>
        <translation>Die App endete, während dieser Auftrag lief; von seinem Ergebnis wurde nichts behalten.</translation>
    </message>
    <message>
        <source>The app is closing, so no job was started.</source>
        <translation>Die App wird geschlossen, daher wurde kein Auftrag gestartet.</translation>
    </message>
    <message>
        <source>The app is closing, so nothing was sent.</source>
        <translation>Die App wird geschlossen, es wurde nichts gesendet.</translation>
    </message>
    <message>
        <source>The app was updated while it ran: close it and start it again.</source>
        <translation>Die App wurde aktualisiert, während sie lief: Schließen Sie sie und starten Sie sie neu.</translation>
    </message>
    <message>
        <source>The calibration text is too short: it has {available} tokens, and at least {needed} are needed.</source>
        <translation>Der Kalibrierungstext ist zu kurz: Er hat {available} Token, und mindestens {needed} werden gebraucht.</translation>
    </message>
    <message>
        <source>The calibration text makes about {there} of the {asked} samples asked for.</source>
        <translation>Der Kalibrierungstext ergibt etwa {there} der {asked} gewünschten Proben.</translation>
    </message>
    <message>
        <source>The context length {asked} is more than {model} can take: {limit} tokens.</source>
        <translation>Die Kontextlänge {asked} ist mehr, als {model} fasst: {limit} Token.</translation>
    </message>
    <message>
        <source>The conversations are already closed.</source>
        <translation>Die Unterhaltungen sind schon geschlossen.</translation>
    </message>
    <message>
        <source>The conversations are not open yet.</source>
        <translation>Die Unterhaltungen sind noch nicht geöffnet.</translation>
    </message>
    <message>
        <source>The conversations cannot be kept in {file}: {reason}.</source>
        <translation>Die Unterhaltungen können in {file} nicht aufbewahrt werden: {reason}.</translation>
    </message>
    <message>
        <source>The conversations in {file} were damaged and could not be read, so a new, empty file was begun.</source>
        <translation>Die Unterhaltungen in {file} waren beschädigt und nicht lesbar, deshalb wurde eine neue, leere Datei begonnen.</translation>
    </message>
    <message>
        <source>The conversations in {path} are damaged.</source>
        <translation>Die Unterhaltungen in {path} sind beschädigt.</translation>
    </message>
    <message>
        <source>The conversations in {path} cannot be written.</source>
        <translation>Die Unterhaltungen in {path} können nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The conversations in {path} could not be copied before updating them.</source>
        <translation>Die Unterhaltungen in {path} konnten vor dem Aktualisieren nicht kopiert werden.</translation>
    </message>
    <message>
        <source>The conversations in {path} could not be read or saved.</source>
        <translation>Die Unterhaltungen in {path} konnten nicht gelesen oder gespeichert werden.</translation>
    </message>
    <message>
        <source>The conversations in {path} could not be updated for this version of the app.</source>
        <translation>Die Unterhaltungen in {path} konnten nicht für diese Version der App aktualisiert werden.</translation>
    </message>
    <message>
        <source>The conversations in {path} were written by a newer version of this app.</source>
        <translation>Die Unterhaltungen in {path} stammen von einer neueren Version dieser App.</translation>
    </message>
    <message>
        <source>The damaged file is kept whole as {file}.</source>
        <translation>Die beschädigte Datei wird unverändert als {file} aufbewahrt.</translation>
    </message>
    <message>
        <source>The data set {name} (split {split}) cannot be read.</source>
        <translation>Der Datensatz {name} (Teil {split}) ist nicht zu lesen.</translation>
    </message>
    <message>
        <source>The data set {name} could not be reached.</source>
        <translation>Der Datensatz {name} war nicht zu erreichen.</translation>
    </message>
    <message>
        <source>The data set {name} is only for accounts that were let in.</source>
        <translation>Der Datensatz {name} ist nur für zugelassene Konten.</translation>
    </message>
    <message>
        <source>The data set {name} was not opened: {reason}</source>
        <translation>Der Datensatz {name} wurde nicht geöffnet: {reason}</translation>
    </message>
    <message>
        <source>The disk is full, so the conversations in {path} cannot be saved.</source>
        <translation>Die Festplatte ist voll, die Unterhaltungen in {path} können nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>The disk is full, so the result could not be written.</source>
        <translation>Die Festplatte ist voll, daher konnte das Ergebnis nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The disk is full: {path} could not be written.</source>
        <translation>Die Festplatte ist voll: {path} konnte nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The disk of the output folder has {free} free; about {needed} are needed.</source>
        <translation>Auf der Festplatte des Zielordners sind {free} frei; etwa {needed} werden gebraucht.</translation>
    </message>
    <message>
        <source>The disk reported an error while working on {path}.</source>
        <translation>Die Festplatte hat bei der Arbeit an {path} einen Fehler gemeldet.</translation>
    </message>
    <message>
        <source>The download may not have finished; get the *.safetensors files as well.</source>
        <translation>Vielleicht wurde nicht alles heruntergeladen; besorgen Sie auch die Dateien *.safetensors.</translation>
    </message>
    <message>
        <source>The engine cannot work in {folder}: its file system has no pipes or programs.</source>
        <translation>Die Engine kann in {folder} nicht arbeiten: Das Dateisystem kennt keine Pipes oder Programme.</translation>
    </message>
    <message>
        <source>The engine cannot write to {folder}: {reason}.</source>
        <translation>Die Engine kann nicht in {folder} schreiben: {reason}.</translation>
    </message>
    <message>
        <source>The engine ended this answer without saying why.</source>
        <translation>Die Engine hat diese Antwort ohne Angabe von Gründen beendet.</translation>
    </message>
    <message>
        <source>The engine has ended and must be loaded again.</source>
        <translation>Die Engine ist beendet und muss neu geladen werden.</translation>
    </message>
    <message>
        <source>The engine process ended unexpectedly.</source>
        <translation>Der Prozess der Engine wurde unerwartet beendet.</translation>
    </message>
    <message>
        <source>The engine stopped while it was loading {folder}.</source>
        <translation>Die Engine ist beim Laden von {folder} stehen geblieben.</translation>
    </message>
    <message>
        <source>The engine was ended by signal {signal} while it was loading {folder}.</source>
        <translation>Die Engine wurde beim Laden von {folder} durch Signal {signal} beendet.</translation>
    </message>
    <message>
        <source>The first token of an answer took {time}; the target is {target}.</source>
        <translation>Das erste Token einer Antwort brauchte {time}; das Ziel ist {target}.</translation>
    </message>
    <message>
        <source>The hardware has slowed the GPU down hard.</source>
        <translation>Die Hardware hat die GPU stark gedrosselt.</translation>
    </message>
    <message>
        <source>The held-out text in {file} cannot be read: {reason}.</source>
        <translation>Der Prüftext in {file} ist nicht zu lesen: {reason}.</translation>
    </message>
    <message>
        <source>The held-out text is empty, so there is no perplexity to measure.</source>
        <translation>Der Prüftext ist leer, daher ist keine Perplexität zu messen.</translation>
    </message>
    <message>
        <source>The job failed in the app itself: {reason}.</source>
        <translation>Der Auftrag scheiterte in der App selbst: {reason}.</translation>
    </message>
    <message>
        <source>The job stopped.</source>
        <translation>Der Auftrag wurde beendet.</translation>
    </message>
    <message>
        <source>The job was cancelled; nothing of it was kept.</source>
        <translation>Der Auftrag wurde abgebrochen; nichts von ihm wurde behalten.</translation>
    </message>
    <message>
        <source>The job&apos;s log has its own words; run the job again when that is settled.</source>
        <translation>Im Protokoll des Auftrags steht mehr; starten Sie ihn noch einmal, wenn das behoben ist.</translation>
    </message>
    <message>
        <source>The job&apos;s process could not be started: {reason}.</source>
        <translation>Der Prozess des Auftrags konnte nicht gestartet werden: {reason}.</translation>
    </message>
    <message>
        <source>The job&apos;s process is of another version of the app.</source>
        <translation>Der Prozess des Auftrags gehört zu einer anderen Version der App.</translation>
    </message>
    <message>
        <source>The job&apos;s process stopped without saying why (exit code {code}).</source>
        <translation>Der Prozess des Auftrags endete, ohne zu sagen, warum (Exit-Code {code}).</translation>
    </message>
    <message>
        <source>The job&apos;s process was ended by signal {signal}.</source>
        <translation>Der Prozess des Auftrags wurde durch das Signal {signal} beendet.</translation>
    </message>
    <message>
        <source>The load profile asks for a share of the memory that is not free: other programs hold it.</source>
        <translation>Das Ladeprofil verlangt einen Anteil des Speichers, der nicht frei ist: Andere Programme belegen ihn.</translation>
    </message>
    <message>
        <source>The load profile asks for more memory than is free now: other programs hold it.</source>
        <translation>Das Ladeprofil verlangt mehr Speicher, als jetzt frei ist: Andere Programme belegen ihn.</translation>
    </message>
    <message>
        <source>The load profile could not be saved to {file}: {reason}.</source>
        <translation>Das Ladeprofil konnte nicht in {file} gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>The load profile says FP8, which vLLM&apos;s CPU build cannot make at load.</source>
        <translation>Das Ladeprofil verlangt FP8; das kann vLLMs CPU-Version beim Laden nicht erzeugen.</translation>
    </message>
    <message>
        <source>The load profile says an FP8 KV cache, which vLLM&apos;s CPU build cannot keep here: {reason}.</source>
        <translation>Das Ladeprofil verlangt einen KV-Cache in FP8, den die CPU-Ausgabe von vLLM hier nicht halten kann: {reason}.</translation>
    </message>
    <message>
        <source>The load profile&apos;s KV cache is {short} smaller than the chats need.</source>
        <translation>Der KV-Cache des Ladeprofils ist um {short} kleiner, als die Chats brauchen.</translation>
    </message>
    <message>
        <source>The log below has the engine&apos;s own words; loading again may help if something else ended it.</source>
        <translation>Im Protokoll steht, was die Engine selbst sagt; hat etwas anderes sie beendet, hilft vielleicht nochmaliges Laden.</translation>
    </message>
    <message>
        <source>The memory ran out while the model was quantized.</source>
        <translation>Der Speicher ging aus, während das Modell quantisiert wurde.</translation>
    </message>
    <message>
        <source>The model cannot be split as the load profile says: {reason}</source>
        <translation>Das Modell lässt sich nicht so aufteilen, wie das Ladeprofil sagt: {reason}</translation>
    </message>
    <message>
        <source>The model could not be compiled: a C++ compiler or Python&apos;s header files do not work here or are missing.</source>
        <translation>Das Modell konnte nicht kompiliert werden: Ein C++-Compiler oder die Header-Dateien von Python fehlen oder funktionieren hier nicht.</translation>
    </message>
    <message>
        <source>The model gives no usable probabilities: its weights are damaged.</source>
        <translation>Das Modell gibt keine brauchbaren Wahrscheinlichkeiten: Seine Gewichte sind beschädigt.</translation>
    </message>
    <message>
        <source>The model is about as large.</source>
        <translation>Das Modell ist etwa gleich groß.</translation>
    </message>
    <message>
        <source>The model is being unloaded.</source>
        <translation>Das Modell wird gerade entladen.</translation>
    </message>
    <message>
        <source>The model is still loading.</source>
        <translation>Das Modell wird noch geladen.</translation>
    </message>
    <message>
        <source>The model is {ratio}× larger.</source>
        <translation>Das Modell ist {ratio}× so groß.</translation>
    </message>
    <message>
        <source>The model is {ratio}× smaller.</source>
        <translation>Das Modell ist {ratio}× kleiner.</translation>
    </message>
    <message>
        <source>The model that is replaced keeps its {size} until the new one is whole.</source>
        <translation>Das ersetzte Modell behält seine {size}, bis das neue vollständig ist.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template refused this conversation: {reason}</source>
        <translation>Die Chat-Vorlage des Modells hat diese Unterhaltung abgelehnt: {reason}</translation>
    </message>
    <message>
        <source>The model&apos;s chat template took too long to render this conversation.</source>
        <translation>Die Chat-Vorlage des Modells hat für diese Unterhaltung zu lange gebraucht.</translation>
    </message>
    <message>
        <source>The model&apos;s files cannot be read: {reason}.</source>
        <translation>Die Dateien des Modells sind nicht zu lesen: {reason}.</translation>
    </message>
    <message>
        <source>The model&apos;s tokenizer could not be loaded.</source>
        <translation>Der Tokenizer des Modells konnte nicht geladen werden.</translation>
    </message>
    <message>
        <source>The old file is kept beside it with the ending .broken.</source>
        <translation>Die alte Datei bleibt daneben mit der Endung .broken erhalten.</translation>
    </message>
    <message>
        <source>The original could not be measured: {reason}</source>
        <translation>Das Original konnte nicht gemessen werden: {reason}</translation>
    </message>
    <message>
        <source>The original hardly knows this kind of text, so that says little.</source>
        <translation>Das Original kennt solchen Text kaum, deshalb besagt das wenig.</translation>
    </message>
    <message>
        <source>The perplexities cannot be compared: the two models split the text into other tokens.</source>
        <translation>Die Perplexitäten sind nicht zu vergleichen: Die beiden Modelle teilen den Text in andere Token.</translation>
    </message>
    <message>
        <source>The port cannot be opened on {host}: {reason}.</source>
        <translation>Der Port kann auf {host} nicht geöffnet werden: {reason}.</translation>
    </message>
    <message>
        <source>The prompt has {tokens} tokens; this model was loaded with a context of {context}.</source>
        <translation>Der Prompt hat {tokens} Token; dieses Modell wurde mit einem Kontext von {context} geladen.</translation>
    </message>
    <message>
        <source>The quantized model is not whole: {what}.</source>
        <translation>Das quantisierte Modell ist nicht vollständig: {what}.</translation>
    </message>
    <message>
        <source>The result is whole, but was not loaded to try it: {reason}</source>
        <translation>Das Ergebnis ist vollständig, wurde aber nicht zur Probe geladen: {reason}</translation>
    </message>
    <message>
        <source>The result would be written into the model&apos;s own folder.</source>
        <translation>Das Ergebnis würde in den Ordner des Modells selbst geschrieben.</translation>
    </message>
    <message>
        <source>The settings could not be saved to {path}: {reason}.</source>
        <translation>Die Einstellungen konnten nicht in {path} gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>The settings in {path} could not be read, so the defaults are used.</source>
        <translation>Die Einstellungen in {path} konnten nicht gelesen werden, deshalb gelten die Vorgaben.</translation>
    </message>
    <message>
        <source>The system ended the job, most likely because the memory ran out.</source>
        <translation>Das System hat den Auftrag beendet, wahrscheinlich weil der Speicher ausging.</translation>
    </message>
    <message>
        <source>The weight file {name} is damaged.</source>
        <translation>Die Gewichtsdatei {name} ist beschädigt.</translation>
    </message>
    <message>
        <source>The weight file {name} is damaged: {reason}.</source>
        <translation>Die Gewichtsdatei {name} ist beschädigt: {reason}.</translation>
    </message>
    <message>
        <source>The weight file {name} is missing from {folder}.</source>
        <translation>Die Gewichtsdatei {name} fehlt in {folder}.</translation>
    </message>
    <message>
        <source>The weight files in {folder} are incomplete.</source>
        <translation>Die Gewichtsdateien in {folder} sind unvollständig.</translation>
    </message>
    <message>
        <source>The weight files in {folder} could not be read.</source>
        <translation>Die Gewichtsdateien in {folder} konnten nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The weights and what runs them are too much: {short} are missing.</source>
        <translation>Die Gewichte und was sie ausführt sind zu viel: Es fehlen {short}.</translation>
    </message>
    <message>
        <source>The weights are counted from the config alone.</source>
        <translation>Die Gewichte sind allein aus der config.json berechnet.</translation>
    </message>
    <message>
        <source>The weights are counted from the files&apos; headers.</source>
        <translation>Die Gewichte sind aus den Köpfen der Dateien berechnet.</translation>
    </message>
    <message>
        <source>The weights are counted from the sizes of the files.</source>
        <translation>Die Gewichte sind aus den Größen der Dateien berechnet.</translation>
    </message>
    <message>
        <source>The weights fit, but beside them {short} are missing for the KV cache.</source>
        <translation>Die Gewichte passen, aber daneben fehlen {short} für den KV-Cache.</translation>
    </message>
    <message>
        <source>The weights fit, but the memory ran out while the KV cache was prepared.</source>
        <translation>Die Gewichte passen, aber beim Anlegen des KV-Caches ging der Speicher aus.</translation>
    </message>
    <message>
        <source>The weights leave no memory for the KV cache.</source>
        <translation>Die Gewichte lassen keinen Speicher für den KV-Cache.</translation>
    </message>
    <message>
        <source>The {what} {name} does not suit this model: {error}</source>
        <translation>Der {what} {name} passt nicht zu diesem Modell: {error}</translation>
    </message>
    <message>
        <source>There is already something at {path}.</source>
        <translation>Unter {path} gibt es schon etwas.</translation>
    </message>
    <message>
        <source>There is no data set {name}, or none that can be read.</source>
        <translation>Es gibt keinen Datensatz {name}, oder keinen, der zu lesen ist.</translation>
    </message>
    <message>
        <source>There is no folder {path}.</source>
        <translation>Es gibt keinen Ordner {path}.</translation>
    </message>
    <message>
        <source>There is not enough memory for this model&apos;s weights ({size}).</source>
        <translation>Der Speicher reicht nicht für die Gewichte dieses Modells ({size}).</translation>
    </message>
    <message>
        <source>There is not enough memory for this model&apos;s weights.</source>
        <translation>Der Speicher reicht nicht für die Gewichte dieses Modells.</translation>
    </message>
    <message>
        <source>There is nothing to send.</source>
        <translation>Es gibt nichts zu senden.</translation>
    </message>
    <message>
        <source>There is too little calibration text: {there} characters, where about {needed} are needed for {samples} samples of {length} tokens.</source>
        <translation>Es ist zu wenig Kalibrierungstext: {there} Zeichen, wo für {samples} Proben zu {length} Token etwa {needed} gebraucht werden.</translation>
    </message>
    <message>
        <source>They hold until the app is closed. Free some disk space or check the folder&apos;s permissions, then change one again.</source>
        <translation>Sie gelten, bis die App geschlossen wird. Schaffen Sie Platz auf der Festplatte oder prüfen Sie die Rechte des Ordners, und ändern Sie dann noch einmal eine.</translation>
    </message>
    <message>
        <source>This GPU&apos;s memory cannot be read: {reason}.</source>
        <translation>Der Speicher dieser GPU lässt sich nicht lesen: {reason}.</translation>
    </message>
    <message>
        <source>This answer failed in the engine; the engine itself goes on.</source>
        <translation>Diese Antwort ist in der Engine gescheitert; die Engine selbst läuft weiter.</translation>
    </message>
    <message>
        <source>This conversation is still answering.</source>
        <translation>In dieser Unterhaltung läuft noch eine Antwort.</translation>
    </message>
    <message>
        <source>This is usual under full load and harms nothing. A higher limit, where the card and the power supply allow it, makes it faster.</source>
        <translation>Das ist unter voller Last üblich und schadet nicht. Eine höhere Grenze, wo Karte und Netzteil sie erlauben, macht es schneller.</translation>
    </message>
    <message>
        <source>This job runs in another window of the app.</source>
        <translation>Dieser Auftrag läuft in einem anderen Fenster der App.</translation>
    </message>
    <message>
        <source>This job still runs.</source>
        <translation>Dieser Auftrag läuft noch.</translation>
    </message>
    <message>
        <source>This load was cancelled.</source>
        <translation>Dieses Laden wurde abgebrochen.</translation>
    </message>
    <message>
        <source>This machine&apos;s processor lacks instructions that the engine was built for.</source>
        <translation>Dem Prozessor dieses Rechners fehlen Befehle, für die die Engine gebaut wurde.</translation>
    </message>
    <message>
        <source>This needs {tokens} tokens for the prompt and {reserve} reserved for the answer, but the model&apos;s context is {limit} tokens, so nothing was sent.</source>
        <translation>Das braucht {tokens} Token für den Prompt und {reserve} für die Antwort, der Kontext des Modells fasst aber {limit} Token. Es wurde nichts gesendet.</translation>
    </message>
    <message>
        <source>Try again; the log has the cause.</source>
        <translation>Versuchen Sie es noch einmal; die Ursache steht im Protokoll.</translation>
    </message>
    <message>
        <source>Type a question first.</source>
        <translation>Schreiben Sie zuerst eine Frage.</translation>
    </message>
    <message>
        <source>Types that can be quantized: {types}. For others, load the model in FP8.</source>
        <translation>Diese Typen lassen sich quantisieren: {types}. Andere Modelle laden Sie in FP8.</translation>
    </message>
    <message>
        <source>Unload the loaded model, use fewer samples, or choose round-to-nearest, which needs little memory.</source>
        <translation>Entladen Sie das geladene Modell, nehmen Sie weniger Proben, oder wählen Sie Runden (RTN): Es braucht wenig Speicher.</translation>
    </message>
    <message>
        <source>Unload the loaded model, use fewer samples, or choose the CPU or round-to-nearest.</source>
        <translation>Entladen Sie das geladene Modell, nehmen Sie weniger Proben, oder wählen Sie die CPU oder Runden (RTN).</translation>
    </message>
    <message>
        <source>Unloading the present model gives back {size}.</source>
        <translation>Das jetzige Modell zu entladen gibt {size} zurück.</translation>
    </message>
    <message>
        <source>Update the app to read them; they have not been touched.</source>
        <translation>Aktualisieren Sie die App, um sie zu lesen; sie wurden nicht angetastet.</translation>
    </message>
    <message>
        <source>Use 127.0.0.1 for this machine alone, or an address that this machine has.</source>
        <translation>Nehmen Sie 127.0.0.1 für diesen Rechner allein oder eine Adresse, die dieser Rechner hat.</translation>
    </message>
    <message>
        <source>Wait for the answer or stop it first.</source>
        <translation>Warten Sie die Antwort ab, oder halten Sie sie zuerst an.</translation>
    </message>
    <message>
        <source>Wait until it is ready or close it, then start the app again.</source>
        <translation>Warten Sie, bis es bereit ist, oder schließen Sie es, und starten Sie die App dann neu.</translation>
    </message>
    <message>
        <source>Wait until that job has ended, or cancel it first.</source>
        <translation>Warten Sie, bis jener Auftrag beendet ist, oder brechen Sie ihn zuerst ab.</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>What else it takes is an estimate until a load was measured here.</source>
        <translation>Was es sonst braucht, ist geschätzt, bis hier ein Laden gemessen wurde.</translation>
    </message>
    <message>
        <source>What else it takes is known from past loads on this machine.</source>
        <translation>Was es sonst braucht, ist von früherem Laden auf diesem Rechner bekannt.</translation>
    </message>
    <message>
        <source>What it had written is kept. Load the model again to go on.</source>
        <translation>Was sie geschrieben hatte, ist erhalten. Laden Sie das Modell neu, um weiterzumachen.</translation>
    </message>
    <message>
        <source>Whether {model} fits cannot be told: its config.json does not name its sizes.</source>
        <translation>Ob {model} passt, lässt sich nicht sagen: Die config.json nennt seine Größen nicht.</translation>
    </message>
    <message>
        <source>With an automatic KV cache, a context length of {tokens} tokens would fit in what is free now.</source>
        <translation>Mit automatischem KV-Cache würde eine Kontextlänge von {tokens} Token in den jetzt freien Speicher passen.</translation>
    </message>
    <message>
        <source>Without one the port stays closed. Check the file, or delete it for a new key.</source>
        <translation>Ohne Schlüssel bleibt der Port geschlossen. Prüfen Sie die Datei, oder löschen Sie sie für einen neuen Schlüssel.</translation>
    </message>
    <message>
        <source>Write its name as on its page: owner/name.</source>
        <translation>Schreiben Sie seinen Namen wie auf seiner Seite: Besitzer/Name.</translation>
    </message>
    <message>
        <source>Your conversations do not hold enough yet. Choose the built-in chat text, or a shorter sequence length.</source>
        <translation>Ihre Unterhaltungen geben noch nicht genug her. Wählen Sie die mitgelieferten Gesprächstexte oder kürzere Proben.</translation>
    </message>
    <message>
        <source>at its power limit</source>
        <translation>an der Leistungsgrenze</translation>
    </message>
    <message>
        <source>byte {place} (0x{byte}) is not UTF-8</source>
        <translation>Byte {place} (0x{byte}) ist kein UTF-8</translation>
    </message>
    <message>
        <source>clocks set lower by someone</source>
        <translation>Takt von jemandem niedriger eingestellt</translation>
    </message>
    <message>
        <source>far too hot, slowed down by the hardware</source>
        <translation>viel zu heiß, von der Hardware gebremst</translation>
    </message>
    <message>
        <source>for a reason the driver does not name</source>
        <translation>aus einem Grund, den der Treiber nicht nennt</translation>
    </message>
    <message>
        <source>held by the display&apos;s clock</source>
        <translation>vom Takt der Anzeige gehalten</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>im Leerlauf</translation>
    </message>
    <message>
        <source>it ends after {size}, inside its header</source>
        <translation>Sie endet nach {size}, mitten im Header</translation>
    </message>
    <message>
        <source>it has no field {column}, only {fields}</source>
        <translation>es gibt kein Feld {column}, nur {fields}</translation>
    </message>
    <message>
        <source>it holds zero bytes, so it is not a text file</source>
        <translation>sie enthält Nullbytes, ist also keine Textdatei</translation>
    </message>
    <message>
        <source>it is longer than {size}</source>
        <translation>sie ist länger als {size}</translation>
    </message>
    <message>
        <source>it is nested too deeply</source>
        <translation>sie ist zu tief verschachtelt</translation>
    </message>
    <message>
        <source>it is no JSON object</source>
        <translation>sie ist kein JSON-Objekt</translation>
    </message>
    <message>
        <source>it is not valid JSON ({reason}, at character {place})</source>
        <translation>sie ist kein gültiges JSON ({reason}, bei Zeichen {place})</translation>
    </message>
    <message>
        <source>it needs a head size that 32 divides, not {size}</source>
        <translation>er braucht eine durch 32 teilbare Kopfgröße, nicht {size}</translation>
    </message>
    <message>
        <source>it needs a processor with AVX-512 or AMX</source>
        <translation>er braucht einen Prozessor mit AVX-512 oder AMX</translation>
    </message>
    <message>
        <source>its config.json does not say how it was quantized</source>
        <translation>seine config.json sagt nicht, wie es quantisiert wurde</translation>
    </message>
    <message>
        <source>its field {name} holds something else than messages</source>
        <translation>ihr Feld {name} enthält etwas anderes als Nachrichten</translation>
    </message>
    <message>
        <source>its field {name} is neither text nor messages</source>
        <translation>ihr Feld {name} ist weder Text noch Nachrichten</translation>
    </message>
    <message>
        <source>its header has an impossible length</source>
        <translation>Ihr Header hat eine unmögliche Länge</translation>
    </message>
    <message>
        <source>its header is not valid ({reason})</source>
        <translation>Ihr Header ist ungültig ({reason})</translation>
    </message>
    <message>
        <source>its tensors overlap or leave gaps</source>
        <translation>Ihre Tensoren überlappen sich oder lassen Lücken</translation>
    </message>
    <message>
        <source>kept in step with another GPU</source>
        <translation>im Gleichschritt mit einer anderen GPU gehalten</translation>
    </message>
    <message>
        <source>line {line} has a byte (0x{byte}) that is not {encoding}</source>
        <translation>Zeile {line} hat ein Byte (0x{byte}), das kein {encoding} ist</translation>
    </message>
    <message>
        <source>none of its fields ({fields}) is known to hold text</source>
        <translation>von keinem der Felder ({fields}) ist bekannt, dass es Text enthält</translation>
    </message>
    <message>
        <source>reasoning parser</source>
        <translation>Reasoning-Parser</translation>
    </message>
    <message>
        <source>slowed down by the hardware</source>
        <translation>von der Hardware gebremst</translation>
    </message>
    <message>
        <source>slowed down by the power supply</source>
        <translation>vom Netzteil gebremst</translation>
    </message>
    <message>
        <source>tensor {name}: {reason}</source>
        <translation>Tensor {name}: {reason}</translation>
    </message>
    <message>
        <source>the last {missing} are missing, as after a download cut short</source>
        <translation>Die letzten {missing} fehlen, wie nach einem abgebrochenen Download</translation>
    </message>
    <message>
        <source>the tensor {name} has a wrong shape</source>
        <translation>der Tensor {name} hat eine falsche Form</translation>
    </message>
    <message>
        <source>the tensor {name} is missing</source>
        <translation>der Tensor {name} fehlt</translation>
    </message>
    <message>
        <source>the tensor {tensor}, named in the index, is not in it</source>
        <translation>Der Tensor {tensor} aus dem Index ist nicht darin</translation>
    </message>
    <message>
        <source>too hot</source>
        <translation>zu heiß</translation>
    </message>
    <message>
        <source>tool parser</source>
        <translation>Tool-Parser</translation>
    </message>
    <message>
        <source>vLLM cannot run this model&apos;s quantization here: {reason}</source>
        <translation>vLLM kann die Quantisierung dieses Modells hier nicht ausführen: {reason}</translation>
    </message>
    <message>
        <source>vLLM does not know this model&apos;s architecture ({name}).</source>
        <translation>vLLM kennt die Architektur dieses Modells nicht ({name}).</translation>
    </message>
    <message>
        <source>vLLM does not know this model&apos;s architecture.</source>
        <translation>vLLM kennt die Architektur dieses Modells nicht.</translation>
    </message>
    <message>
        <source>vLLM refused the load profile: {reason}</source>
        <translation>vLLM hat das Ladeprofil abgelehnt: {reason}</translation>
    </message>
    <message>
        <source>vLLM refused the request: {reason}</source>
        <translation>vLLM hat die Anfrage abgelehnt: {reason}</translation>
    </message>
    <message>
        <source>vLLM&apos;s server code refused this model: {reason}</source>
        <translation>vLLMs Server-Code hat dieses Modell abgelehnt: {reason}</translation>
    </message>
    <message>
        <source>{free} of {total} are free now.</source>
        <translation>{free} von {total} sind jetzt frei.</translation>
    </message>
    <message>
        <source>{gpu} is slowed down by its power limit of {watts} W.</source>
        <translation>{gpu} wird von der Leistungsgrenze von {watts} W gebremst.</translation>
    </message>
    <message>
        <source>{gpu} is slowed down by its power limit.</source>
        <translation>{gpu} wird von der Leistungsgrenze gebremst.</translation>
    </message>
    <message>
        <source>{gpu} is too hot ({degrees} °C) and slows itself down.</source>
        <translation>{gpu} ist zu heiß ({degrees} °C) und bremst sich selbst.</translation>
    </message>
    <message>
        <source>{gpu} is too hot and slows itself down.</source>
        <translation>{gpu} ist zu heiß und bremst sich selbst.</translation>
    </message>
    <message>
        <source>{gpu} no longer answers: it fell off the bus or was taken out. It is looked for again; if it does not come back, restart the computer.</source>
        <translation>{gpu} antwortet nicht mehr: vom Bus gefallen oder entfernt. Es wird weiter danach gesucht; kommt sie nicht zurück, starten Sie den Rechner neu.</translation>
    </message>
    <message>
        <source>{index} names a weight file outside the model&apos;s folder: {name}.</source>
        <translation>{index} nennt eine Gewichtsdatei außerhalb des Modellordners: {name}.</translation>
    </message>
    <message>
        <source>{index} names no weight files.</source>
        <translation>{index} nennt keine Gewichtsdateien.</translation>
    </message>
    <message>
        <source>{model} does not fit.</source>
        <translation>{model} passt nicht.</translation>
    </message>
    <message>
        <source>{model} fits with a change.</source>
        <translation>{model} passt mit einer Änderung.</translation>
    </message>
    <message>
        <source>{model} fits: {asked} of the {free} that it can have.</source>
        <translation>{model} passt: {asked} von den {free}, die es haben kann.</translation>
    </message>
    <message>
        <source>{model} has a config.json but no weights.</source>
        <translation>{model} hat eine config.json, aber keine Gewichte.</translation>
    </message>
    <message>
        <source>{model} has its weights as pickle files ({file}), which can run any program when they are opened.</source>
        <translation>{model} hat seine Gewichte als Pickle-Dateien ({file}), die beim Öffnen beliebige Programme ausführen können.</translation>
    </message>
    <message>
        <source>{model} has no linear layers that would become 4 bits.</source>
        <translation>{model} hat keine linearen Schichten, die 4 Bit bekämen.</translation>
    </message>
    <message>
        <source>{model} has no safetensors weights.</source>
        <translation>{model} hat keine Gewichte in Safetensors.</translation>
    </message>
    <message>
        <source>{model} has no tokenizer files.</source>
        <translation>{model} hat keine Tokenizer-Dateien.</translation>
    </message>
    <message>
        <source>{model} is of the type {type}, which {method} cannot quantize here.</source>
        <translation>{model} ist vom Typ {type}, den {method} hier nicht quantisieren kann.</translation>
    </message>
    <message>
        <source>{model} is quantized already, with {method}.</source>
        <translation>{model} ist schon quantisiert, mit {method}.</translation>
    </message>
    <message>
        <source>{model} is quantized to FP8 (e4m3), which no KV cache in FP8 e5m2 goes with.</source>
        <translation>{model} ist in FP8 (e4m3) quantisiert, wozu kein KV-Cache in FP8 e5m2 passt.</translation>
    </message>
    <message>
        <source>{model} is quantized with {method} already, but its load profile says to quantize it to FP8 at load.</source>
        <translation>{model} ist bereits mit {method} quantisiert, aber sein Ladeprofil verlangt, es beim Laden auf FP8 zu quantisieren.</translation>
    </message>
    <message>
        <source>{model} is quantized with {method}, which computes in float16 or bfloat16, but its load profile says float32.</source>
        <translation>{model} ist mit {method} quantisiert, was in float16 oder bfloat16 rechnet, aber sein Ladeprofil sagt float32.</translation>
    </message>
    <message>
        <source>{model} needs Python code from its own folder to run.</source>
        <translation>{model} braucht Python-Code aus dem eigenen Ordner.</translation>
    </message>
    <message>
        <source>{module} has {inputs} inputs, which groups of {group} do not divide.</source>
        <translation>{module} hat {inputs} Eingänge, die sich nicht durch Gruppen von {group} teilen lassen.</translation>
    </message>
    <message>
        <source>{module} has {size} inputs, which groups of {group_size} do not divide.</source>
        <translation>{module} hat {size} Eingänge, die sich nicht durch Gruppen von {group_size} teilen lassen.</translation>
    </message>
    <message>
        <source>{name} has weights but no config.json.</source>
        <translation>{name} hat Gewichte, aber keine config.json.</translation>
    </message>
    <message>
        <source>{name} holds GGUF files, which this app cannot load.</source>
        <translation>{name} enthält GGUF-Dateien, die diese App nicht laden kann.</translation>
    </message>
    <message>
        <source>{name} holds {size}.</source>
        <translation>{name} belegt {size}.</translation>
    </message>
    <message>
        <source>{name} in {folder} is damaged or cut short.</source>
        <translation>{name} in {folder} ist beschädigt oder abgeschnitten.</translation>
    </message>
    <message>
        <source>{name} in {folder} is not valid JSON.</source>
        <translation>{name} in {folder} ist kein gültiges JSON.</translation>
    </message>
    <message>
        <source>{name} is a LoRA adapter, not a whole model.</source>
        <translation>{name} ist ein LoRA-Adapter, kein ganzes Modell.</translation>
    </message>
    <message>
        <source>{name} is damaged or cut short</source>
        <translation>{name} ist beschädigt oder abgeschnitten</translation>
    </message>
    <message>
        <source>{name} is damaged, or is not a Parquet file.</source>
        <translation>{name} ist beschädigt oder keine Parquet-Datei.</translation>
    </message>
    <message>
        <source>{name} is missing</source>
        <translation>{name} fehlt</translation>
    </message>
    <message>
        <source>{name} is not UTF-8 text: {reason}.</source>
        <translation>{name} ist kein UTF-8-Text: {reason}.</translation>
    </message>
    <message>
        <source>{name} is not the original&apos;s</source>
        <translation>{name} ist nicht die des Originals</translation>
    </message>
    <message>
        <source>{name} is of a kind that is not read here.</source>
        <translation>{name} ist von einer Art, die hier nicht gelesen wird.</translation>
    </message>
    <message>
        <source>{name} is {size}: too large to be what it says.</source>
        <translation>{name} hat {size}: zu groß für das, was es sein soll.</translation>
    </message>
    <message>
        <source>{path} cannot be read: {reason}.</source>
        <translation>{path} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>{path} cannot be written: {reason}.</source>
        <translation>{path} kann nicht geschrieben werden: {reason}.</translation>
    </message>
    <message>
        <source>{path} could not be removed. Remove it.</source>
        <translation>{path} konnte nicht entfernt werden. Entfernen Sie es.</translation>
    </message>
    <message>
        <source>{path} is a file, not a model folder.</source>
        <translation>{path} ist eine Datei, kein Modellordner.</translation>
    </message>
    <message>
        <source>{path} is in the way: the job works in a folder of that name.</source>
        <translation>{path} ist im Weg: Der Auftrag arbeitet in einem Ordner dieses Namens.</translation>
    </message>
    <message>
        <source>{path} is not a file.</source>
        <translation>{path} ist keine Datei.</translation>
    </message>
    <message>
        <source>{path} is not a model folder, so it is not replaced.</source>
        <translation>{path} ist kein Modellordner und wird daher nicht ersetzt.</translation>
    </message>
    <message>
        <source>{path} is not a model folder: it has no config.json.</source>
        <translation>{path} ist kein Modellordner: config.json fehlt.</translation>
    </message>
    <message>
        <source>{size} follow the last tensor</source>
        <translation>Nach dem letzten Tensor folgen noch {size}</translation>
    </message>
    <message>
        <source>{source} has no text that can be used: {reason}.</source>
        <translation>{source} hat keinen Text, der zu gebrauchen ist: {reason}.</translation>
    </message>
</context>
<context>
    <name>ExposureCard</name>
    <message>
        <source>Choose a certificate…</source>
        <translation>Zertifikat wählen…</translation>
    </message>
    <message>
        <source>Stay on this computer</source>
        <translation>Auf diesem Rechner bleiben</translation>
    </message>
    <message>
        <source>Other computers will reach the port at {host}.</source>
        <translation>Andere Rechner werden den Port unter {host} erreichen.</translation>
    </message>
    <message>
        <source>Whoever reaches this computer and has the API key can use the model. The connection is encrypted by your certificate.</source>
        <translation>Wer diesen Rechner erreicht und den API-Schlüssel hat, kann das Modell nutzen. Die Verbindung ist mit Ihrem Zertifikat verschlüsselt.</translation>
    </message>
    <message>
        <source>Open it with TLS</source>
        <translation>Mit TLS öffnen</translation>
    </message>
    <message>
        <source>Whoever reaches this computer and has the API key can use the model. Without a certificate the key and every prompt go over the network readable.</source>
        <translation>Wer diesen Rechner erreicht und den API-Schlüssel hat, kann das Modell nutzen. Ohne Zertifikat gehen der Schlüssel und jeder Prompt lesbar durch das Netz.</translation>
    </message>
    <message>
        <source>Open it without TLS</source>
        <translation>Ohne TLS öffnen</translation>
    </message>
</context>
<context>
    <name>FigureTable</name>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>{name}, driver {driver}</source>
        <translation>{name}, Treiber {driver}</translation>
    </message>
    <message>
        <source>{total}, {free} free</source>
        <translation>{total}, {free} frei</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>VRAM</source>
        <translation>VRAM</translation>
    </message>
    <message>
        <source>No NVIDIA GPU: the CPU build of vLLM is used</source>
        <translation>Keine NVIDIA-GPU: vLLM rechnet auf der CPU</translation>
    </message>
    <message>
        <source>Older than {driver}: update it to use the GPU with CUDA 13</source>
        <translation>Älter als {driver}: aktualisieren Sie ihn, um die GPU mit CUDA 13 zu nutzen</translation>
    </message>
    <message>
        <source>Driver</source>
        <translation>Treiber</translation>
    </message>
    <message>
        <source>{name}, {cores} cores</source>
        <translation>{name}, {cores} Kerne</translation>
    </message>
    <message>
        <source>{total}, {free} available</source>
        <translation>{total}, {free} verfügbar</translation>
    </message>
    <message>
        <source>{free} free</source>
        <translation>{free} frei</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Festplatte</translation>
    </message>
</context>
<context>
    <name>FirstRunCard</name>
    <message>
        <source>Welcome to Desktop LLM</source>
        <translation>Willkommen bei Desktop LLM</translation>
    </message>
    <message>
        <source>Chat with language models that run on this computer. Nothing you write leaves it. This is what the computer has:</source>
        <translation>Chatten Sie mit Sprachmodellen, die auf diesem Rechner laufen. Nichts davon verlässt ihn. Das bringt der Rechner mit:</translation>
    </message>
    <message>
        <source>Start with the built-in guide</source>
        <translation>Mit dem eingebauten Hilfemodell beginnen</translation>
    </message>
    <message>
        <source>Add a local folder of models…</source>
        <translation>Ordner mit Modellen hinzufügen …</translation>
    </message>
    <message>
        <source>The guide is a tiny model that knows only this app. It loads in seconds and answers what you want to know about it.</source>
        <translation>Das Hilfemodell ist winzig und kennt nur diese App. Es lädt in Sekunden und beantwortet auf Englisch, was Sie über sie wissen möchten.</translation>
    </message>
</context>
<context>
    <name>FitCard</name>
    <message>
        <source>It fits with any one of these:</source>
        <translation>Mit einer dieser Änderungen passt es:</translation>
    </message>
    <message>
        <source>Together</source>
        <translation>Zusammen</translation>
    </message>
    <message>
        <source>It can have</source>
        <translation>Verfügbar</translation>
    </message>
    <message>
        <source>{free} of {total}</source>
        <translation>{free} von {total}</translation>
    </message>
    <message>
        <source>RAM free now</source>
        <translation>RAM jetzt frei</translation>
    </message>
    <message>
        <source>VRAM free now</source>
        <translation>VRAM jetzt frei</translation>
    </message>
    <message>
        <source>Given back by unloading</source>
        <translation>Entladen gibt zurück</translation>
    </message>
    <message>
        <source>Quantize…</source>
        <translation>Quantisieren …</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Anwenden</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Passt das Modell?</translation>
    </message>
</context>
<context>
    <name>FitSliders</name>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source>Chats at once</source>
        <translation>Gleichzeitige Chats</translation>
    </message>
    <message>
        <source>KV cache for that</source>
        <translation>KV-Cache dafür</translation>
    </message>
    <message>
        <source>{tokens} tokens</source>
        <translation>{tokens} Token</translation>
    </message>
    <message>
        <source>Load with {tokens} tokens</source>
        <translation>Mit {tokens} Token laden</translation>
    </message>
    <message>
        <source>1 chat</source>
        <translation>1 Chat</translation>
    </message>
    <message>
        <source>{count} chats</source>
        <translation>{count} Chats</translation>
    </message>
</context>
<context>
    <name>Fixes</name>
    <message>
        <source>Reload the model</source>
        <translation>Modell neu laden</translation>
    </message>
    <message>
        <source>Open Models</source>
        <translation>Modelle öffnen</translation>
    </message>
    <message>
        <source>Edit the load profile</source>
        <translation>Ladeprofil bearbeiten</translation>
    </message>
    <message>
        <source>Load with {tokens} tokens of context</source>
        <translation>Mit {tokens} Token Kontext laden</translation>
    </message>
    <message>
        <source>Apply and load</source>
        <translation>Anwenden und laden</translation>
    </message>
    <message>
        <source>Open Settings</source>
        <translation>Einstellungen öffnen</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>Protokoll zeigen</translation>
    </message>
</context>
<context>
    <name>FolderDialog</name>
    <message>
        <source>Add a folder of models</source>
        <translation>Ordner mit Modellen hinzufügen</translation>
    </message>
</context>
<context>
    <name>FolderList</name>
    <message>
        <source>Add folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove {folder}</source>
        <translation>{folder} entfernen</translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>Copy message</source>
        <translation>Nachricht kopieren</translation>
    </message>
    <message>
        <source>Edit and resend</source>
        <translation>Bearbeiten und neu senden</translation>
    </message>
    <message>
        <source>Regenerate this answer</source>
        <translation>Antwort neu erzeugen</translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation>Vorige Version</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>Nächste Version</translation>
    </message>
    <message>
        <source>Version {index} of {count}</source>
        <translation>Version {index} von {count}</translation>
    </message>
</context>
<context>
    <name>HistoryView</name>
    <message>
        <source>No model has been loaded yet. Choose one at the bottom of the window or on the Models page, and its KV cache, tokens per second, requests and latencies are drawn here.</source>
        <translation>Es wurde noch kein Modell geladen. Wählen Sie eines am unteren Rand des Fensters oder auf der Seite Modelle; hier erscheinen dann sein KV-Cache, Token pro Sekunde, Anfragen und Latenzen.</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>The left and right arrow keys go through time, Escape goes to the present.</source>
        <translation>Die Pfeiltasten links und rechts gehen durch die Zeit, Escape geht zur Gegenwart.</translation>
    </message>
</context>
<context>
    <name>LeavingDialog</name>
    <message>
        <source>Quit Desktop LLM?</source>
        <translation>Desktop LLM beenden?</translation>
    </message>
    <message>
        <source>Keep working</source>
        <translation>Weiterarbeiten</translation>
    </message>
    <message>
        <source>Stop the job and quit</source>
        <translation>Auftrag abbrechen und beenden</translation>
    </message>
    <message>
        <source>Quitting stops the job and removes what it has written so far. The model it reads from stays as it is, and the job can be run again from the Quantize page.</source>
        <translation>Beim Beenden wird der Auftrag abgebrochen und entfernt, was er bisher geschrieben hat. Das Modell, aus dem er liest, bleibt, wie es ist, und der Auftrag kann auf der Seite „Quantisieren“ wiederholt werden.</translation>
    </message>
    <message>
        <source>“{name}” is being made: {done}</source>
        <translation>„{name}“ entsteht gerade: {done}</translation>
    </message>
    <message>
        <source>“{name}” is being made: {done}, about {left} left</source>
        <translation>„{name}“ entsteht gerade: {done}, noch etwa {left}</translation>
    </message>
</context>
<context>
    <name>ListeningForm</name>
    <message>
        <source>Address to listen on</source>
        <translation>Adresse, auf der gelauscht wird</translation>
    </message>
    <message>
        <source>127.0.0.1 is for programs on this computer alone; 0.0.0.0 is for every network that it is in.</source>
        <translation>127.0.0.1 ist nur für Programme auf diesem Rechner; 0.0.0.0 ist für jedes Netz, in dem er ist.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>From 1 to 65535; those under 1024 are the system&apos;s own.</source>
        <translation>Von 1 bis 65535; die unter 1024 gehören dem System.</translation>
    </message>
    <message>
        <source>Further names of this computer</source>
        <translation>Weitere Namen dieses Rechners</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Requests under another name are refused, so that no web page can reach the port. Separate names with commas.</source>
        <translation>Anfragen unter einem anderen Namen werden abgewiesen, damit keine Webseite den Port erreicht. Trennen Sie Namen mit Kommas.</translation>
    </message>
    <message>
        <source>TLS certificate</source>
        <translation>TLS-Zertifikat</translation>
    </message>
    <message>
        <source>none: without TLS</source>
        <translation>keines: ohne TLS</translation>
    </message>
    <message>
        <source>Your own, as a PEM file with its chain.</source>
        <translation>Ihr eigenes, als PEM-Datei mit seiner Kette.</translation>
    </message>
    <message>
        <source>Key of the certificate</source>
        <translation>Schlüssel des Zertifikats</translation>
    </message>
    <message>
        <source>in the same file</source>
        <translation>in derselben Datei</translation>
    </message>
    <message>
        <source>A PEM file without a passphrase.</source>
        <translation>Eine PEM-Datei ohne Passphrase.</translation>
    </message>
    <message>
        <source>Requests answered at once</source>
        <translation>Anfragen, die zugleich beantwortet werden</translation>
    </message>
    <message>
        <source>From 1 to 1,024; your own chats are not among them, and come first.</source>
        <translation>Von 1 bis 1.024; Ihre eigenen Chats zählen nicht dazu und kommen zuerst.</translation>
    </message>
    <message>
        <source>Requests in line for an answer</source>
        <translation>Anfragen, die auf eine Antwort warten</translation>
    </message>
    <message>
        <source>From 0 to 4,096; what comes beyond is told to come back later.</source>
        <translation>Von 0 bis 4.096; was darüber hinaus kommt, soll später wiederkommen.</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>Choose a TLS certificate</source>
        <translation>TLS-Zertifikat wählen</translation>
    </message>
    <message>
        <source>Choose the key of the certificate</source>
        <translation>Schlüssel des Zertifikats wählen</translation>
    </message>
    <message>
        <source>PEM files (*.pem *.crt *.cer *.key)</source>
        <translation>PEM-Dateien (*.pem *.crt *.cer *.key)</translation>
    </message>
    <message>
        <source>All (*)</source>
        <translation>Alle (*)</translation>
    </message>
</context>
<context>
    <name>LoadCard</name>
    <message>
        <source>Load progress</source>
        <translation>Fortschritt des Ladens</translation>
    </message>
    <message>
        <source>Cancel the load</source>
        <translation>Laden abbrechen</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Wird geladen</translation>
    </message>
</context>
<context>
    <name>LogFold</name>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Log of the job</source>
        <translation>Protokoll des Auftrags</translation>
    </message>
    <message>
        <source>Nothing has been logged yet.</source>
        <translation>Noch wurde nichts protokolliert.</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>LogViewer</name>
    <message>
        <source>Engine log</source>
        <translation>Protokoll der Engine</translation>
    </message>
    <message>
        <source>Nothing has been logged yet.</source>
        <translation>Es wurde noch nichts protokolliert.</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>What the engine&apos;s processes printed in the last load</source>
        <translation>Was die Prozesse der Engine beim letzten Laden ausgegeben haben</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>Memory</name>
    <message>
        <source>Weights need</source>
        <translation>Die Gewichte brauchen</translation>
    </message>
    <message>
        <source>KV cache needs</source>
        <translation>Der KV-Cache braucht</translation>
    </message>
    <message>
        <source>{free} of {total}</source>
        <translation>{free} von {total}</translation>
    </message>
    <message>
        <source>VRAM free then</source>
        <translation>VRAM war frei</translation>
    </message>
    <message>
        <source>RAM free then</source>
        <translation>RAM war frei</translation>
    </message>
    <message>
        <source>{used} of {capacity} tokens</source>
        <translation>{used} von {capacity} Token</translation>
    </message>
    <message>
        <source>KV cache then</source>
        <translation>KV-Cache zu dieser Zeit</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} Token</translation>
    </message>
    <message>
        <source>Held by {count} others</source>
        <translation>Belegt von {count} weiteren</translation>
    </message>
    <message>
        <source>Waiting requests</source>
        <translation>Wartende Anfragen</translation>
    </message>
    <message>
        <source>Held by {name} (this app)</source>
        <translation>Belegt von {name} (diese App)</translation>
    </message>
    <message>
        <source>Held by {name}</source>
        <translation>Belegt von {name}</translation>
    </message>
</context>
<context>
    <name>MemoryDock</name>
    <message>
        <source>No model is loaded. Choose one at the bottom of the window or on the Models page, and its KV cache and requests are shown here.</source>
        <translation>Kein Modell ist geladen. Wählen Sie eines unten im Fenster oder auf der Seite „Modelle“, dann stehen hier sein KV-Cache und die Anfragen.</translation>
    </message>
    <message>
        <source>Memory and KV cache</source>
        <translation>Speicher und KV-Cache</translation>
    </message>
    <message>
        <source>Hide memory and KV cache</source>
        <translation>Speicher und KV-Cache ausblenden</translation>
    </message>
    <message>
        <source>not reported</source>
        <translation>nicht gemeldet</translation>
    </message>
    <message>
        <source>Process {pid}</source>
        <translation>Prozess {pid}</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>KV cache, used now</source>
        <translation>KV-Cache, jetzt belegt</translation>
    </message>
    <message>
        <source>KV cache, reserved</source>
        <translation>KV-Cache, reserviert</translation>
    </message>
    <message>
        <source>This app, other</source>
        <translation>Diese App, sonstiges</translation>
    </message>
    <message>
        <source>Other programs and system</source>
        <translation>Andere Programme und System</translation>
    </message>
    <message>
        <source>Driver and CUDA contexts</source>
        <translation>Treiber und CUDA-Kontexte</translation>
    </message>
    <message>
        <source>In use, by whom is not reported</source>
        <translation>Belegt; von wem, wird nicht gemeldet</translation>
    </message>
    <message>
        <source>Reserved by the driver</source>
        <translation>Vom Treiber reserviert</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>{percent} % busy</source>
        <translation>{percent} % ausgelastet</translation>
    </message>
    <message>
        <source>{power} of {limit} W</source>
        <translation>{power} von {limit} W</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation>Terminal</translation>
    </message>
    <message>
        <source>API client</source>
        <translation>API-Client</translation>
    </message>
    <message>
        <source>Measurement</source>
        <translation>Messung</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>preempted</source>
        <translation>verdrängt</translation>
    </message>
    <message>
        <source>your chat, goes first</source>
        <translation>Ihr Chat, zuerst</translation>
    </message>
    <message>
        <source>port, after your chats</source>
        <translation>Port, nach Ihren Chats</translation>
    </message>
    <message>
        <source>after your chats</source>
        <translation>nach Ihren Chats</translation>
    </message>
    <message>
        <source>{owner}: {blocks} KV blocks, {tokens} tokens, {cached} of them from the prefix cache</source>
        <translation>{owner}: {blocks} KV-Blöcke, {tokens} Token, davon {cached} aus dem Präfix-Cache</translation>
    </message>
    <message>
        <source>Prefix shared by requests: {blocks} KV blocks</source>
        <translation>Von Anfragen geteiltes Präfix: {blocks} KV-Blöcke</translation>
    </message>
    <message>
        <source>Prompts being read: {blocks} KV blocks</source>
        <translation>Prompts, die gelesen werden: {blocks} KV-Blöcke</translation>
    </message>
    <message>
        <source>Free: {blocks} KV blocks</source>
        <translation>Frei: {blocks} KV-Blöcke</translation>
    </message>
    <message>
        <source>The last 2 minutes</source>
        <translation>Die letzten 2 Minuten</translation>
    </message>
</context>
<context>
    <name>MessageBody</name>
    <message>
        <source>Copy code</source>
        <translation>Code kopieren</translation>
    </message>
    <message>
        <source>Code in {language}</source>
        <translation>Code in {language}</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message>
        <source>Messages</source>
        <translation>Nachrichten</translation>
    </message>
    <message>
        <source>Jump to latest</source>
        <translation>Zum Neuesten</translation>
    </message>
</context>
<context>
    <name>MessageWidget</name>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>TTFT {time}</source>
        <translation>TTFT {time}</translation>
    </message>
    <message>
        <source>{rate} tok/s</source>
        <translation>{rate} Tok/s</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 Token</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} Token</translation>
    </message>
    <message>
        <source>{cached} of {prompt} prompt tokens reused</source>
        <translation>{cached} von {prompt} Prompt-Token wiederverwendet</translation>
    </message>
    <message>
        <source>preempted {count}×</source>
        <translation>{count}× verdrängt</translation>
    </message>
    <message>
        <source>length: token limit reached</source>
        <translation>length: Token-Grenze erreicht</translation>
    </message>
    <message>
        <source>The oldest turn was left out to fit the context.</source>
        <translation>Der älteste Austausch wurde weggelassen, damit es in den Kontext passt.</translation>
    </message>
    <message>
        <source>The {count} oldest turns were left out to fit the context.</source>
        <translation>Die {count} ältesten Austausche wurden weggelassen, damit es in den Kontext passt.</translation>
    </message>
    <message>
        <source>You stopped this answer.</source>
        <translation>Sie haben diese Antwort angehalten.</translation>
    </message>
    <message>
        <source>The model was unloaded or the app was closed before this answer was complete.</source>
        <translation>Das Modell wurde entladen oder die App geschlossen, bevor diese Antwort fertig war.</translation>
    </message>
    <message>
        <source>What had arrived was kept.</source>
        <translation>Was angekommen war, ist erhalten.</translation>
    </message>
    <message>
        <source>This answer could not be completed.</source>
        <translation>Diese Antwort konnte nicht beendet werden.</translation>
    </message>
    <message>
        <source>The KV cache ran full while this was written: the answer had to wait, and its tokens were computed again.</source>
        <translation>Der KV-Cache lief voll, während dies geschrieben wurde: Die Antwort musste warten, und ihre Token wurden neu berechnet.</translation>
    </message>
    <message>
        <source>Your message</source>
        <translation>Ihre Nachricht</translation>
    </message>
    <message>
        <source>Answer from {model}</source>
        <translation>Antwort von {model}</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>{answer}, streaming</source>
        <translation>{answer}, läuft</translation>
    </message>
    <message>
        <source>{answer}, stopped</source>
        <translation>{answer}, angehalten</translation>
    </message>
    <message>
        <source>{answer}, interrupted</source>
        <translation>{answer}, unterbrochen</translation>
    </message>
    <message>
        <source>{answer}, failed</source>
        <translation>{answer}, fehlgeschlagen</translation>
    </message>
</context>
<context>
    <name>MethodStep</name>
    <message>
        <source>How?</source>
        <translation>Wie?</translation>
    </message>
    <message>
        <source>AWQ, 4 bits</source>
        <translation>AWQ, 4 Bit</translation>
    </message>
    <message>
        <source>Round-to-nearest (RTN), 4 bits</source>
        <translation>Runden (RTN), 4 Bit</translation>
    </message>
    <message>
        <source>FP8 at load, 8 bits</source>
        <translation>FP8 beim Laden, 8 Bit</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation>Zweck</translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation>Zielordner</translation>
    </message>
    <message>
        <source>Measure before and after</source>
        <translation>Vorher und nachher messen</translation>
    </message>
    <message>
        <source>Perplexity, speed, memory and the answers to five prompts, of both models. Takes some minutes.</source>
        <translation>Perplexität, Tempo, Speicher und die Antworten auf fünf Prompts, von beiden Modellen. Dauert einige Minuten.</translation>
    </message>
    <message>
        <source>Advanced settings</source>
        <translation>Erweiterte Einstellungen</translation>
    </message>
    <message>
        <source>Nothing is run here. In the model&apos;s load profile, set Quantize at load to FP8: it applies at the next load, and can be taken back.</source>
        <translation>Hier läuft nichts. Stellen Sie im Ladeprofil des Modells „Beim Laden quantisieren“ auf FP8: Es gilt ab dem nächsten Laden und lässt sich zurücknehmen.</translation>
    </message>
    <message>
        <source>Needs an NVIDIA GPU.</source>
        <translation>Braucht eine NVIDIA-GPU.</translation>
    </message>
    <message>
        <source>A name is needed here.</source>
        <translation>Hier wird ein Name gebraucht.</translation>
    </message>
    <message>
        <source>This is the folder of the original: choose another name.</source>
        <translation>Das ist der Ordner des Originals: Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Group size {chosen}, as you chose. Advised here: {advised}.</source>
        <translation>Gruppengröße {chosen}, wie Sie gewählt haben. Empfohlen ist hier: {advised}.</translation>
    </message>
    <message>
        <source>In {folder}</source>
        <translation>In {folder}</translation>
    </message>
    <message>
        <source>What is it for?</source>
        <translation>Wofür ist es?</translation>
    </message>
</context>
<context>
    <name>ModelControl</name>
    <message>
        <source>No model loaded</source>
        <translation>Kein Modell geladen</translation>
    </message>
    <message>
        <source>Built-in guide</source>
        <translation>Eingebautes Hilfemodell</translation>
    </message>
</context>
<context>
    <name>ModelDetail</name>
    <message>
        <source>Make default</source>
        <translation>Als Standard</translation>
    </message>
    <message>
        <source>Quantize…</source>
        <translation>Quantisieren …</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Standard</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Entladen</translation>
    </message>
    <message>
        <source>Unloading…</source>
        <translation>Wird entladen …</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Wird geladen …</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Load profile</source>
        <translation>Ladeprofil</translation>
    </message>
    <message>
        <source>How this model is loaded. Changes are saved as you make them and apply at the next load. An empty field uses the value shown in it.</source>
        <translation>Wie dieses Modell geladen wird. Änderungen werden sofort gespeichert und gelten ab dem nächsten Laden. Ein leeres Feld nimmt den Wert, der darin steht.</translation>
    </message>
</context>
<context>
    <name>ModelMenuButton</name>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Cancel loading</source>
        <translation>Laden abbrechen</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Entladen</translation>
    </message>
    <message>
        <source>Models page</source>
        <translation>Seite „Modelle“</translation>
    </message>
</context>
<context>
    <name>ModelStep</name>
    <message>
        <source>Which model?</source>
        <translation>Welches Modell?</translation>
    </message>
    <message>
        <source>A model in 16 bits becomes one in 4: about a third of the memory and faster answers, at a small cost in quality that is measured here. The original stays as it is.</source>
        <translation>Aus einem Modell in 16 Bit wird eines in 4: etwa ein Drittel des Speichers und schnellere Antworten, für etwas weniger Qualität, die hier gemessen wird. Das Original bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Models to quantize</source>
        <translation>Modelle zum Quantisieren</translation>
    </message>
    <message>
        <source>No full-precision model was found. Put one in a folder of its own, with config.json and *.safetensors, and choose it with “Another folder…”.</source>
        <translation>Kein Modell in voller Genauigkeit wurde gefunden. Legen Sie eines in einen eigenen Ordner, mit config.json und *.safetensors, und wählen Sie ihn mit „Anderer Ordner …“.</translation>
    </message>
    <message>
        <source>Another folder…</source>
        <translation>Anderer Ordner …</translation>
    </message>
    <message>
        <source>Choose a model&apos;s folder</source>
        <translation>Ordner eines Modells wählen</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>Built-in guide (tiny, knows only this app)</source>
        <translation>Eingebautes Hilfemodell (winzig, kennt nur diese App)</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>dtype</source>
        <translation>dtype</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>Quantisierung</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{tokens} tokens</source>
        <translation>{tokens} Token</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>{size} per token</source>
        <translation>{size} je Token</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Built-in guide</source>
        <translation>Eingebautes Hilfemodell</translation>
    </message>
    <message>
        <source>Tiny, knows only this app</source>
        <translation>Winzig, kennt nur diese App</translation>
    </message>
    <message>
        <source>{tokens} context</source>
        <translation>{tokens} Kontext</translation>
    </message>
    <message>
        <source> {bits}-bit</source>
        <translation> {bits} Bit</translation>
    </message>
    <message>
        <source>, group size {size}</source>
        <translation>, Gruppengröße {size}</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Models on this computer</source>
        <translation>Modelle auf diesem Rechner</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Look for models again</source>
        <translation>Erneut nach Modellen suchen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Folders in safetensors: Llama, Qwen2, Qwen3, Mistral and others of vLLM.</source>
        <translation>Ordner in safetensors: Llama, Qwen2, Qwen3, Mistral und andere von vLLM.</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>Neu …</translation>
    </message>
    <message>
        <source>No model was found in {folder}.</source>
        <translation>In {folder} wurde kein Modell gefunden.</translation>
    </message>
    <message>
        <source>A model is a folder with config.json and *.safetensors files, at most three levels below the folder you add.</source>
        <translation>Ein Modell ist ein Ordner mit config.json und *.safetensors-Dateien, höchstens drei Ebenen unter dem hinzugefügten Ordner.</translation>
    </message>
</context>
<context>
    <name>MonitorPage</name>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>Warnungen</translation>
    </message>
    <message>
        <source>Cost</source>
        <translation>Kosten</translation>
    </message>
    <message>
        <source>10 minutes</source>
        <translation>10 Minuten</translation>
    </message>
    <message>
        <source>24 hours</source>
        <translation>24 Stunden</translation>
    </message>
    <message>
        <source>Time span</source>
        <translation>Zeitraum</translation>
    </message>
    <message>
        <source>Looking at the machine…</source>
        <translation>Der Rechner wird angesehen …</translation>
    </message>
    <message>
        <source>Monitor</source>
        <translation>Monitor</translation>
    </message>
    <message>
        <source>{speed} tok/s</source>
        <translation>{speed} Tok/s</translation>
    </message>
    <message>
        <source>VRAM · {gpu}</source>
        <translation>VRAM · {gpu}</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>Belegt</translation>
    </message>
    <message>
        <source>This app</source>
        <translation>Diese App</translation>
    </message>
    <message>
        <source>GPU {index}: {name}</source>
        <translation>GPU {index}: {name}</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Driver</source>
        <translation>Treiber</translation>
    </message>
    <message>
        <source>MIG instances</source>
        <translation>MIG-Instanzen</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>Reserved by the driver</source>
        <translation>Vom Treiber reserviert</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>Gesamt</translation>
    </message>
    <message>
        <source>Shared with the RAM</source>
        <translation>Mit dem RAM geteilt</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>Load and clocks</source>
        <translation>Last und Takt</translation>
    </message>
    <message>
        <source>Memory bandwidth use</source>
        <translation>Nutzung der Speicherbandbreite</translation>
    </message>
    <message>
        <source>SM clock</source>
        <translation>SM-Takt</translation>
    </message>
    <message>
        <source>Memory clock</source>
        <translation>Speichertakt</translation>
    </message>
    <message>
        <source>Clocks held back</source>
        <translation>Takt gebremst</translation>
    </message>
    <message>
        <source>Power and temperature</source>
        <translation>Leistung und Temperatur</translation>
    </message>
    <message>
        <source>Energy since the driver was loaded</source>
        <translation>Energie, seit der Treiber geladen wurde</translation>
    </message>
    <message>
        <source>GPU temperature</source>
        <translation>GPU-Temperatur</translation>
    </message>
    <message>
        <source>Memory temperature</source>
        <translation>Speichertemperatur</translation>
    </message>
    <message>
        <source>Highest in regular use</source>
        <translation>Höchstens im Normalbetrieb</translation>
    </message>
    <message>
        <source>Slows down at</source>
        <translation>Drosselt bei</translation>
    </message>
    <message>
        <source>Shuts down at</source>
        <translation>Schaltet ab bei</translation>
    </message>
    <message>
        <source>Fan</source>
        <translation>Lüfter</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>PCIe generation</source>
        <translation>PCIe-Generation</translation>
    </message>
    <message>
        <source>PCIe lanes</source>
        <translation>PCIe-Lanes</translation>
    </message>
    <message>
        <source>PCIe sent</source>
        <translation>PCIe gesendet</translation>
    </message>
    <message>
        <source>PCIe received</source>
        <translation>PCIe empfangen</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{count} links</source>
        <translation>{count} Links</translation>
    </message>
    <message>
        <source>{count} links, version {version}</source>
        <translation>{count} Links, Version {version}</translation>
    </message>
    <message>
        <source>NVLink sent</source>
        <translation>NVLink gesendet</translation>
    </message>
    <message>
        <source>NVLink received</source>
        <translation>NVLink empfangen</translation>
    </message>
    <message>
        <source>Free for programs</source>
        <translation>Frei für Programme</translation>
    </message>
    <message>
        <source>Processes of this app</source>
        <translation>Prozesse dieser App</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
    <message>
        <source>Processes on this GPU</source>
        <translation>Prozesse auf dieser GPU</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>{count} weitere</translation>
    </message>
    <message>
        <source>by nothing</source>
        <translation>von nichts</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>on; errors corrected {corrected}, not corrected {not_corrected}</source>
        <translation>an; Fehler: {corrected} behoben, {not_corrected} nicht behoben</translation>
    </message>
    <message>
        <source>not divided</source>
        <translation>nicht aufgeteilt</translation>
    </message>
    <message>
        <source>{value} of {most}</source>
        <translation>{value} von {most}</translation>
    </message>
    <message>
        <source>KV cache usage</source>
        <translation>Auslastung des KV-Cache</translation>
    </message>
    <message>
        <source>Used by requests</source>
        <translation>Von Anfragen belegt</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>Token pro Sekunde</translation>
    </message>
    <message>
        <source>Generation</source>
        <translation>Erzeugung</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Prompt</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>Anfragen</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Laufend</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartend</translation>
    </message>
    <message>
        <source>Preempted</source>
        <translation>Verdrängt</translation>
    </message>
    <message>
        <source>TTFT (time to first token)</source>
        <translation>TTFT (Zeit bis zum ersten Token)</translation>
    </message>
    <message>
        <source>Latest</source>
        <translation>Letzte</translation>
    </message>
    <message>
        <source>95th percentile</source>
        <translation>95. Perzentil</translation>
    </message>
    <message>
        <source>Inter-token latency</source>
        <translation>Inter-Token-Latenz</translation>
    </message>
    <message>
        <source>Median</source>
        <translation>Median</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Memory bandwidth</source>
        <translation>Speicherbandbreite</translation>
    </message>
    <message>
        <source>Power</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>Grenze</translation>
    </message>
    <message>
        <source>Slows down</source>
        <translation>Drosselt</translation>
    </message>
    <message>
        <source>GPU utilization</source>
        <translation>GPU-Auslastung</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>by the GPU&apos;s own energy counter</source>
        <translation>vom Energiezähler der GPU</translation>
    </message>
    <message>
        <source>the GPU&apos;s power, integrated over time</source>
        <translation>Leistung der GPU, über die Zeit summiert</translation>
    </message>
    <message>
        <source>by energy counters, and of GPUs without one integrated power</source>
        <translation>von Energiezählern, bei GPUs ohne Zähler aus der Leistung summiert</translation>
    </message>
    <message>
        <source>assumed: {watts} W × {time}</source>
        <translation>angenommen: {watts} W × {time}</translation>
    </message>
    <message>
        <source>Time with a model loaded</source>
        <translation>Zeit mit geladenem Modell</translation>
    </message>
    <message>
        <source>Tokens made</source>
        <translation>Erzeugte Token</translation>
    </message>
    <message>
        <source>Prompt tokens read</source>
        <translation>Gelesene Prompt-Token</translation>
    </message>
    <message>
        <source>Energy</source>
        <translation>Energie</translation>
    </message>
    <message>
        <source>Where from</source>
        <translation>Woher</translation>
    </message>
    <message>
        <source>Energy in kWh</source>
        <translation>Energie in kWh</translation>
    </message>
    <message>
        <source>Price of the energy</source>
        <translation>Preis der Energie</translation>
    </message>
    <message>
        <source>A million tokens here</source>
        <translation>Eine Million Token hier</translation>
    </message>
    <message>
        <source>Saved by a million tokens</source>
        <translation>Erspart durch eine Million Token</translation>
    </message>
    <message>
        <source>The hardware is paid for after</source>
        <translation>Die Hardware ist bezahlt nach</translation>
    </message>
    <message>
        <source>No tokens have been made yet: chat, and look again.</source>
        <translation>Es wurden noch keine Token erzeugt: Chatten Sie, und sehen Sie wieder nach.</translation>
    </message>
    <message>
        <source>A million tokens cost {here} in energy.</source>
        <translation>Eine Million Token kosten {here} an Energie.</translation>
    </message>
    <message>
        <source>A million tokens cost {here} in energy here, {there} in the cloud.</source>
        <translation>Eine Million Token kosten hier {here} an Energie, in der Cloud {there}.</translation>
    </message>
    <message>
        <source>never: nothing is saved</source>
        <translation>nie: Es wird nichts gespart</translation>
    </message>
    <message>
        <source>no tokens yet</source>
        <translation>noch keine Token</translation>
    </message>
    <message>
        <source>{tokens} tokens</source>
        <translation>{tokens} Token</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>What helps</source>
        <translation>Was hilft</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>Numbers</name>
    <message>
        <source>This is not a number.</source>
        <translation>Das ist keine Zahl.</translation>
    </message>
    <message>
        <source>A whole number is needed here.</source>
        <translation>Hier muss eine ganze Zahl stehen.</translation>
    </message>
    <message>
        <source>This can mean {one} or {other}: write it without thousands separators.</source>
        <translation>Das kann {one} oder {other} heißen: Schreiben Sie es ohne Tausendertrennzeichen.</translation>
    </message>
</context>
<context>
    <name>PortLog</name>
    <message>
        <source>Log of the port</source>
        <translation>Protokoll des Ports</translation>
    </message>
    <message>
        <source>Each request is noted here when it has ended, without what was asked.</source>
        <translation>Jede Anfrage wird hier vermerkt, wenn sie beendet ist, ohne das, was gefragt wurde.</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Clear the log</source>
        <translation>Das Protokoll leeren</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>PortRequests</name>
    <message>
        <source>not in the engine yet</source>
        <translation>noch nicht in der Engine</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>{prompt} prompt + {generated} generated tokens</source>
        <translation>{prompt} Prompt- + {generated} erzeugte Token</translation>
    </message>
    <message>
        <source>{running} of {most} answered · {waiting} of {line} waiting · {refused} refused</source>
        <translation>{running} von {most} beantwortet · {waiting} von {line} warten · {refused} abgewiesen</translation>
    </message>
    <message>
        <source>one request is let through on trial</source>
        <translation>eine Anfrage wird auf Probe durchgelassen</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>aborted</source>
        <translation>Abbruch</translation>
    </message>
</context>
<context>
    <name>PortState</name>
    <message>
        <source>Off. No other program can reach the model.</source>
        <translation>Aus. Kein anderes Programm erreicht das Modell.</translation>
    </message>
    <message>
        <source>Opening the port…</source>
        <translation>Der Port wird geöffnet…</translation>
    </message>
    <message>
        <source>Closing: requests under way may finish…</source>
        <translation>Wird geschlossen: Laufende Anfragen dürfen enden…</translation>
    </message>
    <message>
        <source>The port is not open.</source>
        <translation>Der Port ist nicht offen.</translation>
    </message>
    <message>
        <source>Open. Requests are refused: {reason}</source>
        <translation>Offen. Anfragen werden abgewiesen: {reason}</translation>
    </message>
    <message>
        <source>Open. Requests are answered by {model}.</source>
        <translation>Offen. Anfragen beantwortet {model}.</translation>
    </message>
    <message>
        <source>Open. Requests are answered with 503 until a model is ready.</source>
        <translation>Offen. Anfragen werden mit 503 beantwortet, bis ein Modell bereit ist.</translation>
    </message>
    <message>
        <source>Port off</source>
        <translation>Port aus</translation>
    </message>
    <message>
        <source>Port opening…</source>
        <translation>Port öffnet…</translation>
    </message>
    <message>
        <source>Port closing…</source>
        <translation>Port schließt…</translation>
    </message>
    <message>
        <source>Port failed</source>
        <translation>Port gescheitert</translation>
    </message>
    <message>
        <source>Port {port}: refusing</source>
        <translation>Port {port}: weist ab</translation>
    </message>
    <message>
        <source>Port {port}</source>
        <translation>Port {port}</translation>
    </message>
</context>
<context>
    <name>ProfileEditor</name>
    <message>
        <source>Reset to defaults</source>
        <translation>Auf Vorgaben zurücksetzen</translation>
    </message>
    <message>
        <source>Reload now</source>
        <translation>Jetzt neu laden</translation>
    </message>
    <message>
        <source>Reload the model with this profile</source>
        <translation>Modell mit diesem Profil neu laden</translation>
    </message>
    <message>
        <source>Not saved: some values are refused.</source>
        <translation>Nicht gespeichert: Einige Werte sind unzulässig.</translation>
    </message>
    <message>
        <source>Saved. It applies when the model is loaded again.</source>
        <translation>Gespeichert. Es gilt, wenn das Modell neu geladen wird.</translation>
    </message>
    <message>
        <source>Saved. It applies at the next load.</source>
        <translation>Gespeichert. Es gilt beim nächsten Laden.</translation>
    </message>
    <message>
        <source>Undo the reset</source>
        <translation>Zurücksetzen rückgängig machen</translation>
    </message>
</context>
<context>
    <name>ProfileForm</name>
    <message>
        <source>Context length (tokens)</source>
        <translation>Kontextlänge (Token)</translation>
    </message>
    <message>
        <source>Model limit</source>
        <translation>Grenze des Modells</translation>
    </message>
    <message>
        <source>Prompt and answer together. Shorter needs less KV cache.</source>
        <translation>Prompt und Antwort zusammen. Kürzer braucht weniger KV-Cache.</translation>
    </message>
    <message>
        <source>Max sequences</source>
        <translation>Max. Sequenzen</translation>
    </message>
    <message>
        <source>Answers generated at the same time; more wait in line.</source>
        <translation>Antworten, die gleichzeitig erzeugt werden; weitere warten.</translation>
    </message>
    <message>
        <source>Max batched tokens</source>
        <translation>Max. Token je Schritt</translation>
    </message>
    <message>
        <source>Tokens computed in one step; more is faster prefill, more memory.</source>
        <translation>Token, die in einem Schritt gerechnet werden; mehr bedeutet schnelleres Prefill und mehr Speicher.</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Size in GiB</source>
        <translation>Größe in GiB</translation>
    </message>
    <message>
        <source>Share of VRAM</source>
        <translation>Anteil am VRAM</translation>
    </message>
    <message>
        <source>Memory for keys and values, allocated once, at load.</source>
        <translation>Speicher für Keys und Values, einmal beim Laden angelegt.</translation>
    </message>
    <message>
        <source>KV cache size</source>
        <translation>Größe des KV-Caches</translation>
    </message>
    <message>
        <source>GiB of KV cache, or the share of VRAM weights and cache take.</source>
        <translation>GiB für den KV-Cache, oder der Anteil am VRAM für Gewichte und Cache.</translation>
    </message>
    <message>
        <source>KV cache dtype</source>
        <translation>Datentyp des KV-Cache</translation>
    </message>
    <message>
        <source>As the model</source>
        <translation>Wie das Modell</translation>
    </message>
    <message>
        <source>FP8 (e5m2)</source>
        <translation>FP8 (e5m2)</translation>
    </message>
    <message>
        <source>FP8 keeps twice the tokens in the same memory.</source>
        <translation>FP8 fasst im selben Speicher doppelt so viele Token.</translation>
    </message>
    <message>
        <source>dtype</source>
        <translation>dtype</translation>
    </message>
    <message>
        <source>The type weights and activations are computed in.</source>
        <translation>Der Typ, in dem Gewichte und Aktivierungen gerechnet werden.</translation>
    </message>
    <message>
        <source>Quantize at load</source>
        <translation>Beim Laden quantisieren</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nein</translation>
    </message>
    <message>
        <source>FP8</source>
        <translation>FP8</translation>
    </message>
    <message>
        <source>FP8 halves the weights&apos; memory while they are loaded. No files change.</source>
        <translation>FP8 halbiert den Speicher der Gewichte beim Laden. Keine Datei ändert sich.</translation>
    </message>
    <message>
        <source>Tensor parallel size</source>
        <translation>Tensor-Parallelität</translation>
    </message>
    <message>
        <source>GPUs that share each layer.</source>
        <translation>GPUs, die sich jede Schicht teilen.</translation>
    </message>
    <message>
        <source>CPU offload (GiB)</source>
        <translation>CPU-Auslagerung (GiB)</translation>
    </message>
    <message>
        <source>Weights kept in RAM and moved to the GPU at each step: slow.</source>
        <translation>Gewichte, die im RAM liegen und bei jedem Schritt zur GPU wandern: langsam.</translation>
    </message>
    <message>
        <source>Enforce eager</source>
        <translation>Eager erzwingen</translation>
    </message>
    <message>
        <source>No compilation and no CUDA graphs: loads faster, runs slower.</source>
        <translation>Ohne Kompilieren und CUDA-Graphen: lädt schneller, rechnet langsamer.</translation>
    </message>
    <message>
        <source>Prefix caching</source>
        <translation>Präfix-Cache</translation>
    </message>
    <message>
        <source>Reuse the KV blocks of prompts that begin alike.</source>
        <translation>Verwendet die KV-Blöcke gleich beginnender Prompts wieder.</translation>
    </message>
    <message>
        <source>Priority scheduling</source>
        <translation>Planung nach Vorrang</translation>
    </message>
    <message>
        <source>The window&apos;s own chats run before anyone else&apos;s.</source>
        <translation>Die Chats dieses Fensters laufen vor allen anderen.</translation>
    </message>
    <message>
        <source>Allow pickle weights</source>
        <translation>Pickle-Gewichte erlauben</translation>
    </message>
    <message>
        <source>Pickle files can run any program. Only for sources you trust.</source>
        <translation>Pickle-Dateien können beliebige Programme ausführen. Nur aus Quellen, denen Sie vertrauen.</translation>
    </message>
    <message>
        <source>Trust remote code</source>
        <translation>Fremdem Code vertrauen</translation>
    </message>
    <message>
        <source>Run Python code from the model&apos;s folder. Only if you trust it.</source>
        <translation>Führt Python-Code aus dem Ordner des Modells aus. Nur, wenn Sie ihm vertrauen.</translation>
    </message>
    <message>
        <source>This model can take at most {tokens} tokens.</source>
        <translation>Dieses Modell fasst höchstens {tokens} Token.</translation>
    </message>
</context>
<context>
    <name>ProgressCard</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>{passed}, about {left} left</source>
        <translation>{passed}, noch etwa {left}</translation>
    </message>
</context>
<context>
    <name>Quantize</name>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>{size} free</source>
        <translation>{size} frei</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>etwa {time}</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Festplatte</translation>
    </message>
    <message>
        <source>New model</source>
        <translation>Neues Modell</translation>
    </message>
    <message>
        <source>Choose another method</source>
        <translation>Anderes Verfahren wählen</translation>
    </message>
    <message>
        <source>Change the settings</source>
        <translation>Einstellungen ändern</translation>
    </message>
    <message>
        <source>Change the output folder</source>
        <translation>Zielordner ändern</translation>
    </message>
    <message>
        <source>Choose another text</source>
        <translation>Anderen Text wählen</translation>
    </message>
    <message>
        <source>Size on disk</source>
        <translation>Größe auf der Festplatte</translation>
    </message>
    <message>
        <source>Weight memory</source>
        <translation>Speicher der Gewichte</translation>
    </message>
    <message>
        <source>Load time</source>
        <translation>Ladezeit</translation>
    </message>
    <message>
        <source>TTFT</source>
        <translation>TTFT</translation>
    </message>
    <message>
        <source>Speed, 1 stream</source>
        <translation>Tempo, 1 Antwort</translation>
    </message>
    <message>
        <source>Speed, 16 streams</source>
        <translation>Tempo, 16 Antworten</translation>
    </message>
    <message>
        <source>KV cache tokens that fit</source>
        <translation>Token im KV-Cache</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>Took {time}</source>
        <translation>Dauer {time}</translation>
    </message>
    <message>
        <source>{size} peak memory</source>
        <translation>höchstens {size} Speicher</translation>
    </message>
    <message>
        <source>{count} calibration samples used</source>
        <translation>{count} Kalibrierungsproben verwendet</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} Token</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Vorbereitung</translation>
    </message>
    <message>
        <source>Measuring the original</source>
        <translation>Original wird gemessen</translation>
    </message>
    <message>
        <source>Quantizing</source>
        <translation>Quantisierung</translation>
    </message>
    <message>
        <source>Checking the new model</source>
        <translation>Neues Modell wird geprüft</translation>
    </message>
    <message>
        <source>Measuring the new model</source>
        <translation>Neues Modell wird gemessen</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>Unterbrochen</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <source>reading the calibration text</source>
        <translation>Kalibrierungstext wird gelesen</translation>
    </message>
    <message>
        <source>layer {number} of {total}</source>
        <translation>Schicht {number} von {total}</translation>
    </message>
    <message>
        <source>tensor {number} of {total}</source>
        <translation>Tensor {number} von {total}</translation>
    </message>
    <message>
        <source>perplexity, {number} of {total} tokens</source>
        <translation>Perplexität, {number} von {total} Token</translation>
    </message>
    <message>
        <source>speed, round {number} of {total}</source>
        <translation>Tempo, Runde {number} von {total}</translation>
    </message>
    <message>
        <source>{number} of {total} prompts answered</source>
        <translation>{number} von {total} Prompts beantwortet</translation>
    </message>
    <message>
        <source>loading the model again, for its time</source>
        <translation>Modell wird noch einmal geladen, für die Ladezeit</translation>
    </message>
    <message>
        <source>writing the new model</source>
        <translation>neues Modell wird geschrieben</translation>
    </message>
    <message>
        <source>perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>speed of one stream</source>
        <translation>Tempo einer Antwort</translation>
    </message>
    <message>
        <source>speed of 16 streams</source>
        <translation>Tempo von 16 Antworten</translation>
    </message>
    <message>
        <source>answering the prompts</source>
        <translation>Prompts werden beantwortet</translation>
    </message>
    <message>
        <source>Built-in chat texts</source>
        <translation>Mitgelieferte Gesprächstexte</translation>
    </message>
    <message>
        <source>Built-in code texts</source>
        <translation>Mitgelieferte Programmtexte</translation>
    </message>
    <message>
        <source>Your own conversations</source>
        <translation>Ihre eigenen Unterhaltungen</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Group size</source>
        <translation>Gruppengröße</translation>
    </message>
    <message>
        <source>Zero point</source>
        <translation>Nullpunkt</translation>
    </message>
    <message>
        <source>Modules left out</source>
        <translation>Ausgelassene Module</translation>
    </message>
    <message>
        <source>Calibration text</source>
        <translation>Kalibrierungstext</translation>
    </message>
    <message>
        <source>Calibration samples</source>
        <translation>Kalibrierungsproben</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Shard size</source>
        <translation>Shard-Größe</translation>
    </message>
    <message>
        <source>Measured before and after</source>
        <translation>Vorher und nachher gemessen</translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation>Zielordner</translation>
    </message>
    <message>
        <source>{method} {bits}-bit</source>
        <translation>{method} {bits} Bit</translation>
    </message>
    <message>
        <source>at most {samples}, of {length} tokens each</source>
        <translation>höchstens {samples}, zu je {length} Token</translation>
    </message>
</context>
<context>
    <name>QuantizeForm</name>
    <message>
        <source>Group size</source>
        <translation>Gruppengröße</translation>
    </message>
    <message>
        <source>Weights that share one scale. Smaller rounds more exactly.</source>
        <translation>Gewichte mit gemeinsamem Maßstab. Kleiner rundet genauer.</translation>
    </message>
    <message>
        <source>Calibration samples</source>
        <translation>Kalibrierungsproben</translation>
    </message>
    <message>
        <source>The most that are used; more takes longer and more memory.</source>
        <translation>So viele höchstens; mehr braucht mehr Zeit und Speicher.</translation>
    </message>
    <message>
        <source>Sequence length (tokens)</source>
        <translation>Länge einer Probe (Token)</translation>
    </message>
    <message>
        <source>The length of each sample.</source>
        <translation>Die Länge jeder Probe.</translation>
    </message>
    <message>
        <source>Modules left out</source>
        <translation>Ausgelassene Module</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Parts of module names with commas between, such as down_proj. They keep their 16 bits; lm_head always does.</source>
        <translation>Teile von Modulnamen mit Kommas dazwischen, etwa down_proj. Sie behalten ihre 16 Bit; lm_head immer.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Where the work is done. The CPU is slower.</source>
        <translation>Wo gerechnet wird. Die CPU ist langsamer.</translation>
    </message>
    <message>
        <source>Shard size (GiB)</source>
        <translation>Shard-Größe (GiB)</translation>
    </message>
    <message>
        <source>The largest size of one weight file.</source>
        <translation>Die größte Größe einer Gewichtsdatei.</translation>
    </message>
    <message>
        <source>Zero point</source>
        <translation>Nullpunkt</translation>
    </message>
    <message>
        <source>Each group has its own zero: rounds more exactly.</source>
        <translation>Jede Gruppe hat ihre eigene Null: rundet genauer.</translation>
    </message>
</context>
<context>
    <name>QuantizePage</name>
    <message>
        <source>Quantize jobs</source>
        <translation>Aufträge zum Quantisieren</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Quantize a model</source>
        <translation>Ein Modell quantisieren</translation>
    </message>
    <message>
        <source>What you quantize is listed here, with its figures, log and settings.</source>
        <translation>Was Sie quantisieren, steht hier, mit seinen Zahlen, dem Protokoll und den Einstellungen.</translation>
    </message>
    <message>
        <source>{name} is ready.</source>
        <translation>{name} ist fertig.</translation>
    </message>
    <message>
        <source>Quantizing to {name} was cancelled.</source>
        <translation>Die Quantisierung zu {name} wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Quantizing to {name} failed.</source>
        <translation>Die Quantisierung zu {name} ist fehlgeschlagen.</translation>
    </message>
    <message>
        <source>No program opened {folder}.</source>
        <translation>Kein Programm hat {folder} geöffnet.</translation>
    </message>
    <message>
        <source>{folder} is gone.</source>
        <translation>{folder} ist nicht mehr da.</translation>
    </message>
    <message>
        <source>It was moved or deleted; run the job again.</source>
        <translation>Er wurde verschoben oder gelöscht; starten Sie den Auftrag noch einmal.</translation>
    </message>
    <message>
        <source>Quantize</source>
        <translation>Quantisieren</translation>
    </message>
</context>
<context>
    <name>Reasons</name>
    <message>
        <source>Must be at least {ge}.</source>
        <translation>Muss mindestens {ge} sein.</translation>
    </message>
    <message>
        <source>Must be more than {gt}.</source>
        <translation>Muss größer als {gt} sein.</translation>
    </message>
    <message>
        <source>Must be at most {le}.</source>
        <translation>Darf höchstens {le} sein.</translation>
    </message>
    <message>
        <source>Must be less than {lt}.</source>
        <translation>Muss kleiner als {lt} sein.</translation>
    </message>
    <message>
        <source>A whole number is needed here.</source>
        <translation>Hier muss eine ganze Zahl stehen.</translation>
    </message>
    <message>
        <source>This is not a number.</source>
        <translation>Das ist keine Zahl.</translation>
    </message>
    <message>
        <source>This number is too large.</source>
        <translation>Diese Zahl ist zu groß.</translation>
    </message>
    <message>
        <source>A value is needed here.</source>
        <translation>Hier muss ein Wert stehen.</translation>
    </message>
    <message>
        <source>A text is needed here.</source>
        <translation>Hier muss ein Text stehen.</translation>
    </message>
    <message>
        <source>Must be at least max sequences ({sequences}): each running sequence needs one token a step.</source>
        <translation>Muss mindestens so groß sein wie Max. Sequenzen ({sequences}): Jede laufende Sequenz braucht ein Token je Schritt.</translation>
    </message>
    <message>
        <source>Min tokens ({least}) must be at most max tokens ({most}).</source>
        <translation>Min. Token ({least}) darf höchstens Max. Token ({most}) sein.</translation>
    </message>
    <message>
        <source>Must be at most what raises the alert ({above}).</source>
        <translation>Höchstens der Wert, der die Warnung auslöst ({above}).</translation>
    </message>
    <message>
        <source>This is not valid JSON: look at line {line}.</source>
        <translation>Das ist kein gültiges JSON: siehe Zeile {line}.</translation>
    </message>
    <message>
        <source>A JSON schema is an object, in braces.</source>
        <translation>Ein JSON-Schema ist ein Objekt, in geschweiften Klammern.</translation>
    </message>
    <message>
        <source>This is not a valid regular expression: {reason}.</source>
        <translation>Das ist kein gültiger regulärer Ausdruck: {reason}.</translation>
    </message>
    <message>
        <source>Only one of choices, JSON schema and regular expression can be set.</source>
        <translation>Nur eines darf gesetzt sein: mögliche Antworten, JSON-Schema oder regulärer Ausdruck.</translation>
    </message>
</context>
<context>
    <name>RemedyRows</name>
    <message>
        <source>Any one of these helps:</source>
        <translation>Jede einzelne dieser Änderungen hilft:</translation>
    </message>
</context>
<context>
    <name>RequestList</name>
    <message>
        <source>No request is in the engine.</source>
        <translation>Keine Anfrage ist in der Engine.</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>Anfragen</translation>
    </message>
</context>
<context>
    <name>RequestRow</name>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop: {owner}</source>
        <translation>Anhalten: {owner}</translation>
    </message>
    <message>
        <source>{prompt} prompt + {generated} generated tokens</source>
        <translation>{prompt} Prompt- + {generated} erzeugte Token</translation>
    </message>
    <message>
        <source>KV cache: {kv} · from prefix cache: {cached}</source>
        <translation>KV-Cache: {kv} · aus dem Präfix-Cache: {cached}</translation>
    </message>
    <message>
        <source>place {place} in line</source>
        <translation>Platz {place} in der Reihe</translation>
    </message>
    <message>
        <source>priority: {priority}</source>
        <translation>Priorität: {priority}</translation>
    </message>
    <message>
        <source>preempted {count}×</source>
        <translation>{count}× verdrängt</translation>
    </message>
    <message>
        <source>Stop: {client}</source>
        <translation>Stopp: {client}</translation>
    </message>
</context>
<context>
    <name>RequestRows</name>
    <message>
        <source>No program asks for anything now.</source>
        <translation>Zurzeit fragt kein Programm etwas.</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>{count} weitere</translation>
    </message>
</context>
<context>
    <name>ResultStep</name>
    <message>
        <source>Load and chat</source>
        <translation>Laden und chatten</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Begin from these settings; you can change them first.</source>
        <translation>Mit diesen Einstellungen beginnen; Sie können sie vorher ändern.</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Take this job off the list. The model stays.</source>
        <translation>Diesen Auftrag von der Liste nehmen. Das Modell bleibt.</translation>
    </message>
    <message>
        <source>The same prompts, both models</source>
        <translation>Dieselben Prompts, beide Modelle</translation>
    </message>
    <message>
        <source>All settings of this job</source>
        <translation>Alle Einstellungen dieses Auftrags</translation>
    </message>
</context>
<context>
    <name>RunStep</name>
    <message>
        <source>Progress of the job</source>
        <translation>Fortschritt des Auftrags</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel the job</source>
        <translation>Auftrag abbrechen</translation>
    </message>
    <message>
        <source>All settings of this job</source>
        <translation>Alle Einstellungen dieses Auftrags</translation>
    </message>
    <message>
        <source>The job goes on while you chat or look at other pages. The original is only read; the new model appears when it is whole.</source>
        <translation>Der Auftrag läuft weiter, während Sie chatten oder andere Seiten ansehen. Das Original wird nur gelesen; das neue Modell erscheint, wenn es vollständig ist.</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>Wird abgebrochen …</translation>
    </message>
</context>
<context>
    <name>SamplingForm</name>
    <message>
        <source>Model default</source>
        <translation>Wie Modell</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>0 always takes the likeliest token; higher is more varied.</source>
        <translation>0 nimmt immer das wahrscheinlichste Token; höher ist abwechslungsreicher.</translation>
    </message>
    <message>
        <source>Top p</source>
        <translation>Top p</translation>
    </message>
    <message>
        <source>Draw from the likeliest tokens that together reach this share.</source>
        <translation>Zieht aus den wahrscheinlichsten Token, die zusammen diesen Anteil erreichen.</translation>
    </message>
    <message>
        <source>Top k</source>
        <translation>Top k</translation>
    </message>
    <message>
        <source>Draw from this many likeliest tokens; 0 is all.</source>
        <translation>Zieht aus so vielen der wahrscheinlichsten Token; 0 sind alle.</translation>
    </message>
    <message>
        <source>Min p</source>
        <translation>Min p</translation>
    </message>
    <message>
        <source>Leave out tokens less likely than this share of the likeliest.</source>
        <translation>Lässt Token aus, die unter diesem Anteil des wahrscheinlichsten liegen.</translation>
    </message>
    <message>
        <source>Max tokens</source>
        <translation>Max. Token</translation>
    </message>
    <message>
        <source>What is left</source>
        <translation>Was übrig ist</translation>
    </message>
    <message>
        <source>The longest answer, in tokens.</source>
        <translation>Die längste Antwort, in Token.</translation>
    </message>
    <message>
        <source>Min tokens</source>
        <translation>Min. Token</translation>
    </message>
    <message>
        <source>The answer does not end before this many tokens.</source>
        <translation>Die Antwort endet nicht vor so vielen Token.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Presence Penalty</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Form of the answer, single tokens, special tokens.</source>
        <translation>Form der Antwort, einzelne Token, Sondertoken.</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show ({count} set)</source>
        <translation>Zeigen ({count} gesetzt)</translation>
    </message>
    <message>
        <source>Above 0, tokens already in the answer become less likely.</source>
        <translation>Über 0 werden Token, die schon in der Antwort stehen, unwahrscheinlicher.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Frequency Penalty</translation>
    </message>
    <message>
        <source>Above 0, the more often a token came, the less likely.</source>
        <translation>Über 0 wird ein Token umso unwahrscheinlicher, je öfter es kam.</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>Repetition Penalty</translation>
    </message>
    <message>
        <source>Above 1, tokens of prompt and answer become less likely.</source>
        <translation>Über 1 werden Token aus Prompt und Antwort unwahrscheinlicher.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>The same seed and prompt give the same answer.</source>
        <translation>Gleicher Seed und gleicher Prompt geben die gleiche Antwort.</translation>
    </message>
    <message>
        <source>Stop texts</source>
        <translation>Stopptexte</translation>
    </message>
    <message>
        <source>One per line; \n is a line break</source>
        <translation>Je Zeile einer; \n ist ein Zeilenumbruch</translation>
    </message>
    <message>
        <source>The answer ends before any of these texts.</source>
        <translation>Die Antwort endet vor jedem dieser Texte.</translation>
    </message>
    <message>
        <source>Answer is one of</source>
        <translation>Mögliche Antworten</translation>
    </message>
    <message>
        <source>The answer is exactly one of these texts.</source>
        <translation>Die Antwort ist genau einer dieser Texte.</translation>
    </message>
    <message>
        <source>Answer as JSON</source>
        <translation>Antwort als JSON</translation>
    </message>
    <message>
        <source>{&quot;type&quot;: &quot;object&quot;, …}</source>
        <translation>{&quot;type&quot;: &quot;object&quot;, …}</translation>
    </message>
    <message>
        <source>A JSON schema: the answer is JSON of this form. Needs enough max tokens.</source>
        <translation>Ein JSON-Schema: Die Antwort ist JSON dieser Form. Braucht genug Max. Token.</translation>
    </message>
    <message>
        <source>Answer matches</source>
        <translation>Antwort passt auf</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>Regulärer Ausdruck</translation>
    </message>
    <message>
        <source>The answer is a text that this regular expression matches.</source>
        <translation>Die Antwort ist ein Text, auf den dieser reguläre Ausdruck passt.</translation>
    </message>
    <message>
        <source>Token bias</source>
        <translation>Token-Bias</translation>
    </message>
    <message>
        <source>One per line, like 15: -5</source>
        <translation>Je Zeile einer, etwa 15: -5</translation>
    </message>
    <message>
        <source>Token id and bias from -100 (never) to 100 (nearly always).</source>
        <translation>Nummer des Tokens und Bias von -100 (nie) bis 100 (fast immer).</translation>
    </message>
    <message>
        <source>Only these token ids</source>
        <translation>Nur diese Token (Nummern)</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Token ids separated by commas; no other is generated.</source>
        <translation>Nummern von Token, durch Kommas getrennt; kein anderes wird erzeugt.</translation>
    </message>
    <message>
        <source>Stop token ids</source>
        <translation>Stopp-Token (Nummern)</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>Token ids separated by commas; the answer ends at any.</source>
        <translation>Nummern von Token, durch Kommas getrennt; die Antwort endet bei jedem davon.</translation>
    </message>
    <message>
        <source>Space special tokens</source>
        <translation>Sondertoken mit Abstand</translation>
    </message>
    <message>
        <source>Put spaces between special tokens where they are shown.</source>
        <translation>Setzt Leerzeichen zwischen Sondertoken, wo sie gezeigt werden.</translation>
    </message>
    <message>
        <source>Words never used</source>
        <translation>Verbotene Wörter</translation>
    </message>
    <message>
        <source>One per line</source>
        <translation>Je Zeile eines</translation>
    </message>
    <message>
        <source>These words are never generated.</source>
        <translation>Diese Wörter werden nie erzeugt.</translation>
    </message>
    <message>
        <source>Keep the stop text</source>
        <translation>Stopptext behalten</translation>
    </message>
    <message>
        <source>The answer ends with the stop text, not before it.</source>
        <translation>Die Antwort endet mit dem Stopptext, nicht davor.</translation>
    </message>
    <message>
        <source>Ignore end of answer</source>
        <translation>Antwortende ignorieren</translation>
    </message>
    <message>
        <source>Go on after the model&apos;s end token, up to max tokens.</source>
        <translation>Nach dem Endtoken des Modells weiter, bis zu Max. Token.</translation>
    </message>
    <message>
        <source>Hide special tokens</source>
        <translation>Sondertoken ausblenden</translation>
    </message>
    <message>
        <source>Leave the template&apos;s own tokens out of the text.</source>
        <translation>Lässt die Token der Vorlage aus dem Text.</translation>
    </message>
    <message>
        <source>“{text}” is no token id: they are whole numbers from 0.</source>
        <translation>„{text}“ ist keine Token-Nummer: Das sind ganze Zahlen ab 0.</translation>
    </message>
    <message>
        <source>Write a token id, a colon and the bias, like 15: -5.</source>
        <translation>Schreiben Sie die Nummer des Tokens, einen Doppelpunkt und den Bias, etwa 15: -5.</translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Search conversations</source>
        <translation>Unterhaltungen durchsuchen</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Suche leeren</translation>
    </message>
</context>
<context>
    <name>ServerPage</name>
    <message>
        <source>Serve the loaded model to other programs</source>
        <translation>Das geladene Modell anderen Programmen anbieten</translation>
    </message>
    <message>
        <source>State of the port</source>
        <translation>Zustand des Ports</translation>
    </message>
    <message>
        <source>Open Models</source>
        <translation>Modelle öffnen</translation>
    </message>
    <message>
        <source>MODEL</source>
        <translation>MODELL</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Use port {port}</source>
        <translation>Port {port} nehmen</translation>
    </message>
    <message>
        <source>The model is being loaded; requests are answered when it is ready.</source>
        <translation>Das Modell wird geladen; Anfragen werden beantwortet, wenn es bereit ist.</translation>
    </message>
    <message>
        <source>No model is loaded, so there is nothing to serve yet: load one.</source>
        <translation>Es ist kein Modell geladen, also gibt es noch nichts anzubieten: Laden Sie eines.</translation>
    </message>
    <message>
        <source>Load {name}</source>
        <translation>{name} laden</translation>
    </message>
    <message>
        <source>Editors, scripts and other programs can use the model that is loaded here, as they would use OpenAI&apos;s or Anthropic&apos;s API. Your own chats come first.</source>
        <translation>Editoren, Skripte und andere Programme können das hier geladene Modell so nutzen wie die API von OpenAI oder Anthropic. Ihre eigenen Chats kommen zuerst.</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>Zugang</translation>
    </message>
    <message>
        <source>Connect a program</source>
        <translation>Ein Programm verbinden</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>Anfragen</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Where it listens</source>
        <translation>Wo er lauscht</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Applies at the next start.</source>
        <translation>Gilt ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>Default model</source>
        <translation>Standardmodell</translation>
    </message>
    <message>
        <source>Built-in guide</source>
        <translation>Eingebautes Hilfemodell</translation>
    </message>
    <message>
        <source>Loaded at start, and when a message is sent while no model is loaded.</source>
        <translation>Wird beim Start geladen, und wenn ohne geladenes Modell gesendet wird.</translation>
    </message>
    <message>
        <source>Load the default model when the app starts</source>
        <translation>Standardmodell beim Start der App laden</translation>
    </message>
    <message>
        <source>When a prompt does not fit the context</source>
        <translation>Wenn ein Prompt nicht in den Kontext passt</translation>
    </message>
    <message>
        <source>Refuse, with the counts</source>
        <translation>Ablehnen, mit den Zahlen</translation>
    </message>
    <message>
        <source>Leave out the oldest turns</source>
        <translation>Älteste Wechsel auslassen</translation>
    </message>
    <message>
        <source>Left-out turns are always said under the answer.</source>
        <translation>Ausgelassene Wechsel stehen immer unter der Antwort.</translation>
    </message>
    <message>
        <source>Tokens reserved for the answer</source>
        <translation>Für die Antwort reservierte Token</translation>
    </message>
    <message>
        <source>Kept free in the context, from 16 to 131,072.</source>
        <translation>Bleiben im Kontext frei, von 16 bis 131.072.</translation>
    </message>
    <message>
        <source>Seconds for running answers to finish</source>
        <translation>Sekunden, um laufende Antworten zu beenden</translation>
    </message>
    <message>
        <source>When the app closes or the model is unloaded, from 0 to 120. What is not finished by then is stopped and kept.</source>
        <translation>Wenn die App schließt oder das Modell entladen wird, von 0 bis 120. Was dann nicht fertig ist, wird angehalten und behalten.</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Unloading and closing</source>
        <translation>Entladen und Schließen</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>Modellordner</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>Warnungen</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>Unterhaltungen</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Protokolle</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>Copy the path from the field beside the button, and check its permissions.</source>
        <translation>Kopieren Sie den Pfad aus dem Feld neben der Schaltfläche und prüfen Sie die Rechte des Ordners.</translation>
    </message>
    <message>
        <source>{folder} could not be made: {reason}.</source>
        <translation>{folder} konnte nicht angelegt werden: {reason}.</translation>
    </message>
    <message>
        <source>No program opened {folder}.</source>
        <translation>Kein Programm hat {folder} geöffnet.</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Desktop LLM {version}, Apache License 2.0. It runs on vLLM (Apache License 2.0), PyTorch (BSD), Qt for Python (LGPL 3), pyqtgraph (MIT) and qasync (BSD).</source>
        <translation>Desktop LLM {version}, Apache-Lizenz 2.0. Es läuft auf vLLM (Apache-Lizenz 2.0), PyTorch (BSD), Qt for Python (LGPL 3), pyqtgraph (MIT) und qasync (BSD).</translation>
    </message>
</context>
<context>
    <name>SettingsSheet</name>
    <message>
        <source>Conversation settings</source>
        <translation>Einstellungen dieser Unterhaltung</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemprompt</translation>
    </message>
    <message>
        <source>How the model should answer in this conversation</source>
        <translation>Wie das Modell in dieser Unterhaltung antworten soll</translation>
    </message>
    <message>
        <source>Close conversation settings</source>
        <translation>Einstellungen der Unterhaltung schließen</translation>
    </message>
    <message>
        <source>Reset to model defaults</source>
        <translation>Auf Vorgaben des Modells zurücksetzen</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Sampling</translation>
    </message>
    <message>
        <source>An empty field uses the model&apos;s default.</source>
        <translation>Ein leeres Feld nimmt die Vorgabe des Modells.</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>Send the message</source>
        <translation>Nachricht senden</translation>
    </message>
    <message>
        <source>Start a new line</source>
        <translation>Neue Zeile beginnen</translation>
    </message>
    <message>
        <source>Stop the answer, or leave editing</source>
        <translation>Antwort anhalten oder Bearbeiten verlassen</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Unterhaltungen durchsuchen</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>Unterhaltung umbenennen</translation>
    </message>
    <message>
        <source>Delete the conversation (in the list)</source>
        <translation>Unterhaltung löschen (in der Liste)</translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation>Löschen rückgängig machen</translation>
    </message>
    <message>
        <source>Write a message</source>
        <translation>Nachricht schreiben</translation>
    </message>
    <message>
        <source>Regenerate the last answer</source>
        <translation>Letzte Antwort neu erzeugen</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Letzte Antwort kopieren</translation>
    </message>
    <message>
        <source>Conversation settings</source>
        <translation>Einstellungen dieser Unterhaltung</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Memory and KV cache</source>
        <translation>Speicher und KV-Cache</translation>
    </message>
    <message>
        <source>Chat page</source>
        <translation>Seite „Chat“</translation>
    </message>
    <message>
        <source>Models page</source>
        <translation>Seite „Modelle“</translation>
    </message>
    <message>
        <source>Quantize page</source>
        <translation>Seite „Quantisieren“</translation>
    </message>
    <message>
        <source>Server page</source>
        <translation>Seite „Server“</translation>
    </message>
    <message>
        <source>Monitor page</source>
        <translation>Seite Monitor</translation>
    </message>
    <message>
        <source>Settings page</source>
        <translation>Seite „Einstellungen“</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Quantize</source>
        <translation>Quantisieren</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Monitor</source>
        <translation>Monitor</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
</context>
<context>
    <name>SnippetView</name>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Settings to copy</source>
        <translation>Einstellungen zum Kopieren</translation>
    </message>
    <message>
        <source>Copy with the key</source>
        <translation>Mit dem Schlüssel kopieren</translation>
    </message>
    <message>
        <source>API-KEY</source>
        <translation>API-SCHLÜSSEL</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>In a terminal:</source>
        <translation>In einem Terminal:</translation>
    </message>
    <message>
        <source>With the package openai:</source>
        <translation>Mit dem Paket openai:</translation>
    </message>
    <message>
        <source>With the package anthropic:</source>
        <translation>Mit dem Paket anthropic:</translation>
    </message>
    <message>
        <source>Into ~/.continue/config.yaml:</source>
        <translation>In ~/.continue/config.yaml:</translation>
    </message>
    <message>
        <source>Before starting Open WebUI on this computer:</source>
        <translation>Vor dem Start von Open WebUI auf diesem Rechner:</translation>
    </message>
    <message>
        <source>In Cline&apos;s settings:</source>
        <translation>In den Einstellungen von Cline:</translation>
    </message>
    <message>
        <source>Into Zed&apos;s settings.json; the key goes into Settings → AI → LLM Providers:</source>
        <translation>In die settings.json von Zed; der Schlüssel kommt unter Settings → AI → LLM Providers:</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>Engine state</source>
        <translation>Zustand der Engine</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Reload</source>
        <translation>Neu laden</translation>
    </message>
    <message>
        <source>Reload the model</source>
        <translation>Modell neu laden</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>Show the engine&apos;s log</source>
        <translation>Protokoll der Engine zeigen</translation>
    </message>
    <message>
        <source>Memory and KV cache</source>
        <translation>Speicher und KV-Cache</translation>
    </message>
    <message>
        <source>HTTP port: {state}</source>
        <translation>HTTP-Port: {state}</translation>
    </message>
    <message>
        <source>{name} · {context} tokens context · KV cache {kv} tokens</source>
        <translation>{name} · {context} Token Kontext · KV-Cache {kv} Token</translation>
    </message>
    <message>
        <source>VRAM</source>
        <translation>VRAM</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
    <message>
        <source>{name} {used} of {total} GiB</source>
        <translation>{name} {used} von {total} GiB</translation>
    </message>
</context>
<context>
    <name>StepBar</name>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Step {number}: {name}</source>
        <translation>Schritt {number}: {name}</translation>
    </message>
</context>
<context>
    <name>Toast</name>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>Tuning</name>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source>Max batched tokens</source>
        <translation>Max. Token je Schritt</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>{before} → {after} tokens</source>
        <translation>{before} → {after} Token</translation>
    </message>
</context>
<context>
    <name>TuningView</name>
    <message>
        <source>Suggest from your chats</source>
        <translation>Aus Ihren Chats vorschlagen</translation>
    </message>
    <message>
        <source>Looks at how long your past prompts and answers were. Nothing leaves the app.</source>
        <translation>Sieht nach, wie lang Ihre bisherigen Prompts und Antworten waren. Nichts verlässt die App.</translation>
    </message>
    <message>
        <source>Apply the suggestion</source>
        <translation>Vorschlag anwenden</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Fit the load profile to the length of your chats.</source>
        <translation>Das Ladeprofil an die Länge Ihrer Chats anpassen.</translation>
    </message>
    <message>
        <source>There are no finished answers yet; a suggestion needs {needed}.</source>
        <translation>Es gibt noch keine fertigen Antworten; ein Vorschlag braucht {needed}.</translation>
    </message>
    <message>
        <source>A suggestion needs {needed} finished answers; there are {count} so far.</source>
        <translation>Ein Vorschlag braucht {needed} fertige Antworten; bisher sind es {count}.</translation>
    </message>
    <message>
        <source>Of {count} past answers, 95 % had a prompt of at most {prompt} tokens and 95 % were at most {answer} tokens long.</source>
        <translation>Von {count} bisherigen Antworten hatten 95 % einen Prompt von höchstens {prompt} Token, und 95 % waren höchstens {answer} Token lang.</translation>
    </message>
    <message>
        <source>A context of {tokens} tokens would have held {percent} % of them.</source>
        <translation>Ein Kontext von {tokens} Token hätte {percent} % davon gefasst.</translation>
    </message>
    <message>
        <source>The load profile suits that already.</source>
        <translation>Das Ladeprofil passt bereits dazu.</translation>
    </message>
</context>
<context>
    <name>UndoBar</name>
    <message>
        <source>The load profile was changed.</source>
        <translation>Das Ladeprofil wurde geändert.</translation>
    </message>
    <message>
        <source>Undo the change</source>
        <translation>Änderung rückgängig machen</translation>
    </message>
</context>
<context>
    <name>WaitingDots</name>
    <message>
        <source>Waiting for the first token</source>
        <translation>Warten auf das erste Token</translation>
    </message>
</context>
<context>
    <name>Wizard</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfung</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet …</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Open its load profile</source>
        <translation>Sein Ladeprofil öffnen</translation>
    </message>
    <message>
        <source>Choose a model.</source>
        <translation>Wählen Sie ein Modell.</translation>
    </message>
    <message>
        <source>This job is running.</source>
        <translation>Dieser Auftrag läuft.</translation>
    </message>
    <message>
        <source>Another job is running: start this one when it has ended.</source>
        <translation>Ein anderer Auftrag läuft: Starten Sie diesen, wenn er beendet ist.</translation>
    </message>
</context>
<context>
    <name>Workbench</name>
    <message>
        <source>The answer was copied.</source>
        <translation>Die Antwort wurde kopiert.</translation>
    </message>
    <message>
        <source>The load profile was changed.</source>
        <translation>Das Ladeprofil wurde geändert.</translation>
    </message>
    <message>
        <source>Undo the change</source>
        <translation>Änderung rückgängig machen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
</context>
</TS>
