"""What columns and files are called, in English, Danish, German and Polish: synonyms, and how well a name fits one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_LETTERS = str.maketrans({"ø": "o", "æ": "a", "å": "a", "ł": "l", "ß": "ss", "đ": "d", "Ø": "O", "Æ": "A", "Ł": "L"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

#: How well a name fits where only a part of it does.
_WITHIN, _INSIDE = 0.6, 0.4


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name: "ticketCreated_At" and "Ticket created at" are the same; accents make no difference."""
    plain = _CAMEL.sub(" ", name.translate(_LETTERS))
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()
    return tuple(_folded(word) for word in re.split(r"[^a-z0-9\u0590-\uffff]+", plain) if word)


def _folded(word: str) -> str:
    """One spelling for umlauts, however an export writes them: "kuendigung" is "kundigung"."""
    for two, one in (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")):
        word = word.replace(two, one)
    return word


@lru_cache(maxsize=200_000)
def fit(name: str, phrases: str) -> float:
    """How well a name fits the best of some phrases (separated by commas): 1 the same, 0 not at all."""
    own = words(name)
    joined = "".join(own)
    return max((_fit_one(own, joined, words(phrase)) for phrase in phrases.split(",")), default=0.0)


def _fit_one(own: tuple[str, ...], joined: str, phrase: tuple[str, ...]) -> float:
    whole = "".join(phrase)
    if not whole or not joined:
        return 0.0
    if joined == whole:
        return 1.0
    if any(own[start : start + len(phrase)] == phrase for start in range(len(own))):
        return _WITHIN + 0.3 * len(whole) / len(joined)
    if len(whole) >= 5 and whole in joined:
        return _INSIDE + 0.2 * len(whole) / len(joined)
    return 0.0


def has_word(name: str, wanted: Iterable[str]) -> bool:
    """Whether one of these words is a word of the name."""
    return not set(words(name)).isdisjoint(wanted)


#: What a file of each table is called. The last word of a file name says most.
FILES = {
    "accounts": "accounts,account,customers,customer,clients,client,companies,company,organizations,organisations,"
    "organization,tenants,workspaces,kunden,kunde,kundenstamm,kundenstammdaten,stammdaten,firmen,firma,unternehmen,"
    "kunder,virksomheder,virksomhed,klienter,klienci,klient,firmy,kontrahenci,crm,crm accounts",
    "contacts": "contacts,contact,users,user,people,persons,requesters,end users,members,ansprechpartner,kontakte,"
    "kontakter,kontaktpersoner,benutzer,brugere,kontakty,osoby,uzytkownicy",
    "csms": "csms,csm,account managers,success managers,customer success managers,kundenbetreuer,betreuer,"
    "kundeansvarlige,opiekunowie",
    "subscriptions": "subscriptions,subscription,contracts,contract,licenses,licences,license,agreements,plans,"
    "vertrage,vertrag,abonnements,abos,abo,lizenzen,abonnementer,abonnement,kontrakter,aftaler,licenser,umowy,umowa,"
    "abonamenty,subskrypcje,licencje",
    "invoices": "invoices,invoice,payments,orders,order,order lines,bills,billing,transactions,charges,receipts,sales,"
    "retail,purchases,invoice lines,rechnungen,rechnung,zahlungen,bestellungen,auftrage,umsatze,fakturaer,faktura,"
    "betalinger,ordrer,bestillinger,salg,faktury,platnosci,zamowienia,sprzedaz",
    "tickets": "tickets,ticket,cases,requests,incidents,issues,support,support tickets,helpdesk,service desk,anfragen,"
    "vorgange,falle,storungen,supportanfragen,supporttickets,sager,sag,henvendelser,supportsager,zgloszenia,zgloszenie,"
    "sprawy,issues snapshot,zendesk,freshdesk",
    "ticket_events": "ticket events,ticket history,ticket audit,audits,audit,history,ticket log,status changes,"
    "status history,transitions,changelog,verlauf,historie,statusverlauf,statusaenderungen,historik,sagshistorik,"
    "historia,zmiany statusu,event log",
    "messages": "messages,message,comments,comment,conversations,replies,utterances,emails,posts,notes,nachrichten,"
    "kommentare,beskeder,kommentarer,wiadomosci,komentarze,ticket comments,ticket messages",
    "surveys": "surveys,survey,csat,nps,ces,feedback,satisfaction,ratings,responses,umfragen,umfrage,bewertungen,"
    "zufriedenheit,undersogelser,tilfredshed,ankiety,oceny,survey responses",
    "usage": "usage,usage daily,daily usage,events,logins,activity,sessions,metrics,telemetry,product events,page views,"
    "nutzung,anmeldungen,verbrauch,aktivitaten,brug,forbrug,aktivitet,uzycie,logowania,aktywnosc,feature usage",
    "agents": "agents,agent,staff,employees,support agents,mitarbeiter,medarbejdere,pracownicy,konsultanci,agenci",
    "churn_events": "churn events,churn,churned,cancellations,cancellation,cancels,terminations,leavers,lost customers,"
    "kundigungen,kundigung,abgange,opsigelser,opsigelse,afgange,rezygnacje,wypowiedzenia,odejscia",
}

_ACCOUNT = (
    "account id,account,account number,account no,account key,account ref,customer id,customer,customer no,"
    "customer number,customer ref,customer key,client id,client,client no,client number,company id,company,company ref,"
    "company key,org id,org,organization id,organisation id,organization,organisation,tenant id,tenant,workspace id,"
    "workspace,team id,crm id,cust id,cust,cust no,acct,acct id,acct no,kundennummer,kunden nr,kunde nr,kunde id,kunde,"
    "kundenr,kunden id,kundennr,firma id,firma,firmen id,kunde nummer,kundenummer,virksomhed,virksomhed id,klient id,"
    "klient,id klienta,nr klienta,numer klienta,kontrahent,id kontrahenta,cvr,site id,merchant id,shop id,household,"
    "account name,company name,customer name,kundenname,firmenname,nazwa klienta,nazwa firmy,kundenavn,firmanavn"
)
_CREATED = (
    "created at,created,creation date,created date,created on,created time,date created,opened at,opened,open date,"
    "open time,submitted at,submitted,submit date,reported at,received at,received,start,started,started at,opening,"
    "opened on,raised at,angelegt,angelegt am,erstellt,erstellt am,erstelldatum,eroffnet,eroffnet am,eingang,"
    "eingangsdatum,eingegangen am,erfasst,erfasst am,gemeldet am,oprettet,oprettet den,oprettelsesdato,oprettetdato,"
    "abnet,modtaget,utworzono,data utworzenia,utworzone,data zgloszenia,zgloszono,data otwarcia,otwarto,otwarte,"
    "timestamp,datum,dato,data,date,time"
)
_MOMENT = "date,day,at,timestamp,time,datetime,occurred at,event date,datum,tag,dato,dag,data,dzien,czas,zeitpunkt"

#: What columns are called, by canonical table and column; names after a dash are no canonical columns but lead to some.
COLUMNS: dict[str, dict[str, str]] = {
    "accounts": {
        "account_id": "id,key,number,no,nr," + _ACCOUNT,
        "name": "name,account name,company name,customer name,client name,organisation name,organization name,title,"
        "firmenname,firma,kundenname,bezeichnung,unternehmen,navn,firmanavn,kundenavn,virksomhedsnavn,nazwa,"
        "nazwa firmy,nazwa klienta,company,firmennamen,kunde,customer",
        "parent_account_id": "parent account id,parent id,parent account,parent,parent company,group id,"
        "konzern,muttergesellschaft,moderselskab,spolka matka",
        "segment": "segment,size,company size,customer segment,market segment,account type,customer type,kundensegment,"
        "kundentyp,kundegruppe,kundetype,typ klienta,wielkosc,tier,kundengruppe,employees band,category",
        "industry": "industry,sector,vertical,branche,wirtschaftszweig,branza,brancher,sektor",
        "country": "country,country code,land,landcode,landekode,laendercode,kraj,billing country,region,nation",
        "language": "language,locale,lang,sprache,sprog,jezyk",
        "created_at": "signup date,signup,sign up date,signed up at,customer since,client since,member since,since,"
        "onboarded at,onboarding date,joined,join date,registered at,registration date,kunde seit,kundeseit,seit,"
        "kunde siden,siden,klient od,od kiedy,data rejestracji,kundenseit," + _CREATED,
        "csm": "csm,csm name,csm email,account manager,success manager,customer success manager,owner,account owner,"
        "key account manager,kam,betreuer,kundenbetreuer,ansprechpartner intern,kundeansvarlig,ansvarlig,opiekun,"
        "opiekun klienta,manager,csm owner",
        "support_plan": "support plan,support tier,support level,sla,sla tier,service level,supportplan,"
        "supportvertrag,supportniveau,poziom wsparcia,plan wsparcia,support package",
        "-churned": "churned,churn flag,is churned,churn,has churned,exited,attrited,attrition,left,lost,gekundigt,"
        "abgewandert,ist gekundigt,opsagt,afgang,odszedl,zrezygnowal,churn status,is lost",
        "-churned_at": "churn date,churned at,churned on,cancellation date,cancelled at,canceled at,cancel date,"
        "left at,termination date,kundigungsdatum,gekundigt am,gekundigt zum,abgang,opsigelsesdato,opsagt den,"
        "data rezygnacji,data odejscia,lost date,deactivated at,closed at",
        "-mrr": "mrr,monthly recurring revenue,arr,annual recurring revenue,acv,contract value,monthly fee,"
        "monthly price,monatsbeitrag,jahresumsatz,abonnementspris,abonament miesieczny",
        "-renewal_at": "renewal date,renewal,renews on,contract end date,next renewal,vertragsende,fornyelse,"
        "data odnowienia,license expiry,expiry date,expires at",
    },
    "contacts": {
        "contact_id": "id,contact id,user id,person id,requester id,contact,user,kontakt id,benutzer id,bruger id,"
        "uzytkownik id,id kontaktu,id uzytkownika,key,nr,no",
        "account_id": _ACCOUNT,
        "role": "role,user role,contact role,type,rolle,rola,position,job title,funktion,stanowisko",
        "created_at": "signed up at,first seen,first seen at,added at,invited at,registered at," + _CREATED,
        "left_at": "left at,deactivated at,disabled at,removed at,deleted at,left on,ausgeschieden,ausgeschieden am,"
        "deaktiviert am,fratradt,deaktiveret,odszedl,usuniety,data odejscia",
        "-email": "email,e mail,mail,email address,e mail adresse,adres email",
    },
    "csms": {
        "csm": "csm,id,csm id,manager id,email,key,owner id,betreuer id",
        "name": "name,full name,navn,nazwa,imie i nazwisko,csm name,manager",
        "team": "team,group,department,abteilung,afdeling,dzial,zespol",
        "email": "email,e mail,mail",
        "language": "language,lang,sprache,sprog,jezyk",
        "weekly_capacity": "weekly capacity,capacity,capacity per week,kapazitat,kapacitet,accounts per week",
    },
    "subscriptions": {
        "subscription_id": "id,subscription id,subscription,contract id,contract no,contract number,contract,license id,"
        "licence id,agreement id,vertrag,vertragsnummer,vertrags nr,vertrags id,vertragsnr,abo id,abo nr,abonnement id,"
        "abonnementsnr,aftale id,aftalenr,kontrakt id,kontraktnr,umowa,nr umowy,id umowy,numer umowy,id abonamentu,"
        "lizenz id,key,nr,no,sub id",
        "account_id": _ACCOUNT,
        "plan": "plan,plan name,plan tier,product,package,edition,tier,sku,tarif,paket,produkt,pakke,abonnementstype,"
        "pakiet,taryfa,subscription type,contract type,produkt name",
        "seats": "seats,licenses,licences,users,user count,seat count,quantity,qty,anzahl nutzer,nutzer,anzahl lizenzen,"
        "lizenzen,brugere,antal brugere,antal licenser,licenser,liczba uzytkownikow,liczba licencji,stanowiska,platze",
        "mrr": "mrr,mrr amount,monthly recurring revenue,monthly amount,monthly fee,monthly price,monthly charge,"
        "monthly charges,price per month,arr,arr amount,annual amount,annual fee,yearly amount,yearly price,acv,price,"
        "amount,value,contract value,monatsbetrag,monatspreis,monatliche gebuhr,jahresbetrag,jahrespreis,preis,betrag,"
        "manedspris,manedlig pris,arspris,pris,belob,oplata miesieczna,cena miesieczna,cena roczna,wartosc,kwota,cena,"
        "monatsbeitrag,monthly value,mrr eur,mrr usd,abonament",
        "currency": "currency,currency code,curr,wahrung,valuta,waluta",
        "started_at": "start date,started at,start,starts at,begin,begin date,valid from,from,from date,activated at,"
        "activation date,effective date,contract start,beginn,vertragsbeginn,gultig ab,startdatum,laufzeit von,von,"
        "startdato,start dato,gyldig fra,fra,pabegyndt,data rozpoczecia,poczatek,obowiazuje od,data startu,od,"
        "period start,current period start,subscribed at,created at,data zawarcia",
        "ended_at": "end date,ended at,end,ends at,valid to,valid until,to date,until,cancelled at,canceled at,"
        "cancellation date,terminated at,termination date,churn date,churned at,contract end,ende,vertragsende,"
        "gultig bis,enddatum,laufzeit bis,bis,beendet am,slutdato,slut,gyldig til,til,ophort,ophor,afsluttet,"
        "data zakonczenia,koniec,obowiazuje do,do,data konca,expired at,period end",
        "renewal_at": "renewal date,renewal at,renews at,renewal,next renewal,next renewal date,renews on,verlangerung,"
        "verlangerung am,nachste verlangerung,fornyelse,fornyelsesdato,naeste fornyelse,data odnowienia,odnowienie,"
        "expires at,expiry date,expiration date,current period end,term end",
        "notice_at": "notice at,notice date,notice given,notice given at,cancellation requested,cancel requested at,"
        "kundigung am,kundigungsdatum,gekundigt am,kundigungseingang,kundigung eingegangen,opsagt,opsagt den,"
        "opsigelsesdato,opsigelse modtaget,data wypowiedzenia,wypowiedziano,wypowiedzenie",
        "auto_renew": "auto renew,auto renewal,autorenew,auto renew flag,is auto renew,automatische verlangerung,"
        "automatisk fornyelse,automatyczne odnowienie,autoverlangerung",
        "end_reason": "end reason,cancellation reason,cancel reason,churn reason,churn type,termination reason,"
        "kundigungsgrund,opsigelsesarsag,powod wypowiedzenia,powod rezygnacji,end type",
        "-status": "status,state,zustand,tilstand,stan,vertragsstatus",
        "-churned": "churned,churn flag,is churned,churn,gekundigt,opsagt",
    },
    "invoices": {
        "invoice_id": "id,invoice id,invoice no,invoice number,invoice,payment id,order id,order no,order number,"
        "transaction id,bill id,receipt no,rechnungsnummer,rechnungs nr,rechnung nr,rechnungsnr,rechnung,belegnummer,"
        "bestellnummer,bestell nr,auftragsnummer,fakturanr,fakturanummer,faktura nr,faktura,ordrenr,ordrenummer,"
        "nr faktury,numer faktury,id faktury,nr zamowienia,id zamowienia,key,nr,no",
        "account_id": _ACCOUNT,
        "amount": "amount,total,total amount,net amount,gross amount,invoice amount,sum,subtotal,amount due,revenue,"
        "sales,value,paid amount,price total,grand total,betrag,summe,nettobetrag,bruttobetrag,rechnungsbetrag,netto,"
        "brutto,umsatz,belob,belob i alt,total belob,nettobelob,kwota,kwota netto,kwota brutto,wartosc,suma,"
        "order value,order total,amount cents",
        "currency": "currency,currency code,curr,wahrung,valuta,waluta",
        "issued_at": "issued at,issue date,issued on,invoice date,invoiced at,billing date,bill date,order date,ordered at,"
        "purchase date,purchased at,transaction date,sale date,payment date,rechnungsdatum,belegdatum,bestelldatum,"
        "ausgestellt am,fakturadato,udstedt,ordredato,kobsdato,data wystawienia,data faktury,data zamowienia,"
        "data sprzedazy," + _CREATED,
        "due_at": "due at,due date,due on,due,payment due,fallig,fallig am,falligkeit,falligkeitsdatum,forfald,"
        "forfaldsdato,forfalder,termin platnosci,termin",
        "paid_at": "paid at,paid on,paid date,payment date,date paid,settled at,paid,bezahlt,bezahlt am,zahlungsdatum,"
        "zahlungseingang,betalt,betalingsdato,betalt den,zaplacono,data zaplaty,data platnosci,oplacono",
        "status": "status,state,payment status,invoice status,zahlungsstatus,betalingsstatus,stan,status platnosci",
        "-quantity": "quantity,qty,menge,anzahl,antal,ilosc,units",
        "-unit_price": "unit price,price,item price,stuckpreis,einzelpreis,preis,stykpris,pris,cena,cena jednostkowa",
    },
    "tickets": {
        "ticket_id": "id,ticket id,ticket no,ticket number,ticket,ticket key,case id,case no,case number,case,request id,"
        "incident id,incident number,issue id,issue key,issueid,issue,number,ticketnummer,ticket nr,ticketnr,"
        "vorgangsnummer,vorgang,fall nr,fallnummer,sagsnummer,sagsnr,sag id,sagnr,sag nr,nr zgloszenia,"
        "numer zgloszenia,id zgloszenia,zgloszenie,nr sprawy,key,nr,no,reference,ref",
        "account_id": _ACCOUNT + ",project,projekt,project key",
        "contact_id": "contact id,requester id,requester,reporter,reported by,user id,submitter id,submitter,contact,"
        "raised by,kontakt,kontakt id,ansprechpartner,melder,ersteller,anmelder,rekvirent,indmelder,zglaszajacy,"
        "id kontaktu,requester email,contact email,created by,author,sender",
        "created_at": _CREATED,
        "channel": "channel,source,via,origin,contact channel,kanal,kilde,quelle,kanal zgloszenia,zrodlo,medium",
        "queue": "queue,group,team,assignment group,department,workgroup,group name,gruppe,abteilung,warteschlange,afdeling,"
        "ko,kolejka,dzial,grupa,zespol,support section,support team,assigned group",
        "priority": "priority,prio,severity,urgency,seriousness,prioritat,dringlichkeit,schweregrad,prioritet,"
        "hastegrad,alvorlighed,priorytet,pilnosc,waga,importance",
        "category": "category,type,topic,issue type,ticket type,case type,product,reason,subcategory,tags,kategorie,"
        "thema,typ,art,produkt,kategori,emne type,kategoria,rodzaj,temat type,service type,problem type",
        "language": "language,locale,lang,sprache,sprog,jezyk",
        "subject": "subject,title,summary,headline,short description,betreff,titel,emne,overskrift,temat,tytul,tresc",
        "-solved_at": "solved at,resolved at,resolution date,resolved on,resolved,solved,closed at,closed on,closed date,"
        "close date,closed,date closed,completed at,finished at,ended,end,end date,ended at,geschlossen,"
        "geschlossen am,gelost,gelost am,erledigt,erledigt am,abgeschlossen am,abgeschlossen,lukket,lukket den,lost,"
        "lost den,afsluttet,afsluttet den,zamknieto,data zamkniecia,zamkniete,rozwiazano,data rozwiazania,rozwiazane",
        "-closed_at": "closed at,closed on,closed date,close date,closed,date closed,geschlossen am,geschlossen,lukket,"
        "lukket den,zamknieto,data zamkniecia,zamkniete",
        "-first_reply_at": "first response at,first reply at,first responded at,first response,first response date,"
        "first response time,first reply,first reply date,first agent reply,first answered at,erste antwort,"
        "erste antwort am,erstantwort,erstantwort am,forste svar,forste svar den,pierwsza odpowiedz,"
        "data pierwszej odpowiedzi,responded at,answered at,beantwortet am,besvaret",
        "-first_reply_after": "first response time,first reply time,time to first response,time to first reply,frt,"
        "first response minutes,first response hours,first response time minutes,response time,"
        "first response duration,reaktionszeit,antwortzeit,erstreaktionszeit,erstantwortzeit,svartid,"
        "forste svartid,czas pierwszej odpowiedzi,czas odpowiedzi,czas reakcji,first reply in",
        "-solved_after": "resolution time,time to resolution,time to resolve,resolution hours,resolution minutes,"
        "resolution time hours,handle time,losungszeit,bearbeitungszeit,losningstid,behandlingstid,czas rozwiazania,"
        "full resolution time,spent hours",
        "-satisfaction": "satisfaction,satisfaction score,satisfaction rating,csat,csat score,rating,customer rating,"
        "customer satisfaction,csat rating,feedback score,zufriedenheit,bewertung,kundenzufriedenheit,tilfredshed,"
        "kundetilfredshed,tilfredshedsscore,ocena,satysfakcja,ocena klienta,zadowolenie",
        "-status": "status,state,ticket status,zustand,tilstand,stan,status zgloszenia",
        "-body": "description,body,text,message,details,content,beschreibung,nachricht,beskrivelse,besked,opis,tresc,"
        "tresc zgloszenia,inhalt",
    },
    "ticket_events": {
        "ticket_id": "ticket id,ticket no,ticket number,ticket,ticket key,case id,case no,case,case number,issue id,"
        "issue key,issueid,issue,request id,incident id,ticketnummer,ticket nr,vorgang,vorgangsnummer,sagsnummer,sagsnr,"
        "sag id,nr zgloszenia,id zgloszenia,zgloszenie,trace id,case concept name",
        "at": "at,changed at,updated at,complete timestamp,event time,occurred at,modified at,geandert am,andret,zmieniono,"
        "time of change," + _CREATED,
        "field": "field,field name,attribute,changed field,property,feld,felt,pole,event type",
        "value": "value,new value,to,to value,to status,new status,status,activity,event,action,state,neuer wert,"
        "neuer status,aktivitat,ny vardi,ny status,aktivitet,nowa wartosc,nowy status,czynnosc,aktywnosc,step",
        "actor_role": "actor role,role,actor type,author role,by role,rolle,rola",
        "-account": _ACCOUNT,
        "-queue": "queue,group,team,workgroup,department,resource group",
        "-category": "product,category,type,topic,service type",
        "-priority": "priority,seriousness,severity",
    },
    "messages": {
        "message_id": "id,message id,comment id,reply id,post id,key,nachricht id,besked id,id wiadomosci,id komentarza",
        "ticket_id": "ticket id,ticket no,ticket number,ticket,ticket key,case id,case no,case,issue id,issue key,issueid,"
        "issue,request id,incident id,conversation id,ticketnummer,ticket nr,vorgang,sagsnummer,sagsnr,sag id,sag,"
        "nr zgloszenia,id zgloszenia,zgloszenie,parent id",
        "author_role": "author role,author type,role,sender type,from type,sender,direction,from,author kind,rolle,"
        "absender,retning,afsender,rola,nadawca,autor,author,user type,source,is agent",
        "public": "public,is public,is private,private,internal,is internal,visibility,offentlig,intern,offentlich,publiczny,"
        "prywatny,wewnetrzny",
        "created_at": "sent at,sent,posted at,written at,gesendet am,sendt,wyslano," + _CREATED,
        "body": "body,text,message,comment,content,plain body,html body,actionbody,nachricht,inhalt,kommentar,besked,"
        "indhold,tekst,tresc,wiadomosc,komentarz,description,utterance,note",
    },
    "surveys": {
        "survey_id": "id,survey id,response id,rating id,feedback id,key,umfrage id,id ankiety",
        "account_id": _ACCOUNT,
        "ticket_id": "ticket id,ticket no,ticket number,ticket,ticket key,case id,case no,issue id,ticketnummer,"
        "ticket nr,sagsnummer,sagsnr,nr zgloszenia,id zgloszenia",
        "kind": "kind,type,survey type,survey,question,metric,art,typ,umfragetyp,type of survey,rodzaj",
        "sent_at": "sent at,sent,sent on,sent date,survey sent,surveyed at,survey date,requested at,invited at,"
        "verschickt am,gesendet am,sendt,sendt den,wyslano,data wyslania," + _CREATED,
        "responded_at": "responded at,response date,responded on,response at,answered at,submitted at,completed at,"
        "received at,beantwortet am,antwort am,besvaret,besvaret den,svardato,odpowiedziano,data odpowiedzi",
        "score": "score,rating,value,nps,csat,ces,nps score,csat score,ces score,answer,points,grade,stars,punkte,"
        "bewertung,wert,note,karakter,bedommelse,ocena,wynik,punkty,satisfaction,satisfaction score",
        "comment": "comment,feedback,verbatim,text,remarks,kommentar,anmerkung,bemarkning,komentarz,uwagi,feedback text",
    },
    "usage": {
        "account_id": _ACCOUNT,
        "day": "day,usage date,usage day,event date,activity date,login date,period,month,week,week start,month start,"
        "nutzungstag,monat,woche,maned,uge,miesiac,tydzien,dzien,occurred at,event time,login at,logged in at,"
        "period start," + _CREATED,
        "metric": "metric,feature,feature name,event,event name,event type,action,module,kpi,metrik,funktion,modul,"
        "funktionalitat,ereignis,handelse,metryka,funkcja,zdarzenie,product,type,category",
        "value": "value,count,usage count,quantity,amount,events,event count,total,usage,hits,anzahl,wert,menge,antal,"
        "vardi,liczba,wartosc,ilosc,logins,sessions,requests,api calls,minutes",
        "active_users": "active users,users,dau,mau,wau,unique users,user count,aktive nutzer,aktive brugere,"
        "aktywni uzytkownicy,num users,distinct users",
    },
    "agents": {
        "agent_id": "id,agent id,agent,employee id,staff id,user id,mitarbeiter id,personalnummer,mitarbeiter,"
        "medarbejder id,medarbejder,id pracownika,pracownik,key,nr,no,email",
        "team": "team,group,department,abteilung,gruppe,afdeling,dzial,zespol",
        "languages": "languages,language,sprachen,sprache,sprog,jezyki,jezyk",
        "joined_at": "joined at,joined,hire date,hired at,start date,employed since,eintritt,eingestellt am,eintrittsdatum,"
        "seit,ansat,ansat den,ansattelsesdato,data zatrudnienia,zatrudniony od,created at",
        "left_at": "left at,left,leave date,end date,terminated at,austritt,austrittsdatum,ausgeschieden am,fratradt,"
        "fratradelse,data odejscia,zwolniony,deactivated at",
    },
    "churn_events": {
        "account_id": _ACCOUNT,
        "at": "at,churn date,churned at,churned on,cancellation date,cancelled at,canceled at,cancel date,left at,"
        "end date,termination date,effective date,kundigungsdatum,gekundigt am,gekundigt zum,kundigung zum,abgang am,"
        "opsigelsesdato,opsagt den,opsagt,afgangsdato,data rezygnacji,data wypowiedzenia,data odejscia," + _CREATED,
        "reason": "reason,reason code,churn reason,cancellation reason,cancel reason,grund,kundigungsgrund,arsag,"
        "opsigelsesarsag,powod,powod rezygnacji,przyczyna,category",
        "voluntary": "voluntary,is voluntary,churn type,type,freiwillig,frivillig,dobrowolne,dobrowolna",
    },
}

#: Words of columns that hold the value at the time of the export.
CURRENT = frozenset(
    words(
        "status state health score last current latest lifetime ltv total churn churned active inactive balance risk "
        "zustand letzte letzter aktuell aktuelle gesamt tilstand sidste seneste aktuel nuvarende samlet aktiv stan ostatni "
        "ostatnia obecny aktualny lacznie trial plan tier seats mrr arr renewal tickets count open nps csat days"
    )
)
#: Words of columns that tell when a row reached the source's own system.
ARRIVED = ("synced", "imported", "ingested", "loaded", "importiert", "importeret", "zaimportowano", "extracted", "fetched")
#: Words of a column that tells when a row was last changed.
CHANGED = ("updated", "modified", "changed", "aktualisiert", "geandert", "opdateret", "andret", "zaktualizowano")
#: Words of columns that are identifiers.
IDENTIFIERS = ("id", "key", "uuid", "guid", "nr", "no", "number", "nummer", "numer", "code", "ref", "sku")
