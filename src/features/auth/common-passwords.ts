/**
 * The words most often behind passwords, without the digits that people add to them. From the ranked list of leaked
 * passwords in zxcvbn (MIT, Dan Wheeler and Dropbox).
 */
const STEMS = `
password qwerty dragon baseball abc football monkey letmein shadow master michael mustang qwertyuiop pussy superman fuckyou jordan qazwsx jennifer killer trustno hunter harley zxcvbnm asdfgh
buster andrew batman soccer tigger charlie robert sunshine thomas iloveyou fuckme ranger daniel hockey george computer michelle jessica starwars asshole pepper klaster zxcvbn freedom
princess joshua maggie pass ginger fuck amanda ashley love cheese nicole summer matthew chelsea dallas biteme matrix william yankees taylor corvette austin access martin heather thunder
merlin secret diamond hello anthony hammer fucker silver gfhjkm justin patrick richard bailey internet samantha golfer scooter test orange cookie q1w2e3r4t maverick jackson sparky mickey
phoenix bigdog snoopy guitar whatever chicken morgan andrea camaro mercedes peanut ferrari cowboy falcon welcome samsung sexy steelers joseph smokey dakota melissa arsenal boomer eagles
tigers marina nascar booboo gateway porsche yellow monster spider diablo hannah bulldog junior london purple compaq lakers iceman qwer hardcore cowboys money banana ncc boston brandon tennis
johnny miller q1w2e3r coffee scooby edward nikita mother yamaha brandy barney chester fuckoff oliver charles player knight forever steven rangers midnight chicago bigdaddy redsox victoria
badboy angel please fender chris jasper james slayer rabbit natasha rachel bigdick marine wizard marlboro raiders prince casper fishing flower crystal jasmine panties iwantu adidas winner
winter gandalf enter ghbdtn angela mike golden lauren cocacola winston madison angels blowme panther sexsex bigtits spanky bitch shannon sophie johnson asdfasdf david horny thx toyota tiger
murphy dick canada danielle blowjob jonathan liverpoo muffin cooper apples jackie dennis black passw0rd john abcd sandra pokemon slipknot carlos qazxsw scorpion qwaszx nathan butter startrek
rainbow asdfghjkl razz redskins newyork gemini cameron qazwsxedc florida liverpool turtle nicholas viking booger wilson sierra butthead doctor rocket victor dolphins captain bandit jaguar
packers pookie peaches asdf blue dolphin helpme tucker theman tiffany maxwell jeremy qwertyui shithead debbie albert maddog lovers monica alex united giants nirvana metallic hotdog rosebud
mountain benjamin warrior stupid elephant suckit success bond jackass bonnie alexis porn lucky jason scorpio samson q1w2e rush azerty freddy driver willie calvin sydney gators dexter red
bubba creative golf voodoo happy arthur trouble america nissan gunner rebecca stella garfield gordon jessie bullshit parker asdfghjk fucking apollo jack eminem december legend airborne
beavis august bear apple brooklyn godzilla skippy buddy qwert kitten magic shelby beaver phantom fred nothing asdasd williams xavier braves darkness blink travis copper tomcat platinum
qweqwe girls bigboy green power animal police online voyager lifehack fish sniper trinity walter blazer heaven lover snowball playboy bubbles loveme hooters cricket marvin willow donkey
topgun nintendo saturn family november gabriel destiny pakistan pumpkin digital sergey chance explorer redwings private therock runner tits lasvegas guinness beatles fire cassie christin
celtic broncos andrey babygirl nelson donald scott eclipse cartman fluffy louise michigan testing carolina little samuel alexande birdie steve cherry pantera sharon gibson vampire mexico
dickhead peter buffalo montana genius beer flyers maximus school minecraft lovely stalker metallica doggie carter kristina kimberly spencer speedy barbara snickers sabrina carmen marcus
bronco yankee friends paradise lol dreams magnum horses cool caroline lacrosse goober member qwertyu enigma scotty pimpin bollocks brian cock surfer sammy genesis poohbear dave star asd
qweasdzxc baby racing friend hawaii eagle billy viper october vanessa poopoo einstein boobies stanley walker bitches paul drowssap stephen courtney simple alaska badger action jake bill
denise jester spitfire drummer forest patricia maryjane champion diesel svetlana rock friday kevin mark gregory pamela frank hotrod chevy anderson douglas westside security google badass
shorty tester thumper hitman mozart general reddog boobs zaq12wsx music lizard alexander melanie ruslan vincent sweet teresa scarface marshall olivia veronica porno buddha spirit frankie
stargate antonio liberty natalie mercury naruto qwe suzuki semperfi king popcorn spooky marley system brittany claudia kelly scotland free kitty cherokee vikings simpsons death leslie rascal
qweasd jimmy loveyou hummer allison rocky patches russia adrian jupiter penguin cumshot howard passion honda vfhbyf andre vladimir franklin sandman infinity homer bastard raider passport
assman sucker fantasy bulldogs horney domino budlight ironman disney norman usuckballz softball bishop francis brutus ford redrum brooke bigred jeffrey jesus fktrcfylh karina marines
kawasaki digger ireland oksana fireman cougar college shit alicia russell houston monday bradley cunt sarah nigger justice super wildcats tinker duncan dancer logitech avalon swordfis
everton reggie motorola alexandr molly timothy hentai claire patriots madonna colorado eugene ducati kermit juventus indian connor galore freeuser smooth house titanic boogie simpson
warcraft wolverin elizabet arizona saints valentin georgia asdfg accord matt baxter denver mitchell christ yfnfif slut smith stinky zachary roland naughty ncc1701d spiderma chopper brenda
extreme virginia water skyline poop zombie pearljam froggy pirate fylhtq vision awesome alyssa dreamer predator bullet empire wolf kirill people penis elvis panthers skipper nemesis peekaboo
rasdzv simon alison rolltide american cardinal arnold chevelle daddy psycho danger mookie wanker manutd tommy hobbes vegeta goblue burton fyfcnfcbz picard bobby windows loverboy lovelove
vfrcbv victory bambam turkey serega tweety hiphop galina changeme rooster polina berlin suckme taurus electric ronald avatar mine raptor alpha maksim spring brazil eric bigcock newport hard
kenneth hendrix madmax england a1b2c sublime britney france darkside bigman hercules lawrence wolfpack classic lincoln ronaldo spiderman blizzard cheyenne wombat cjkysirj raymond brother
kristen pandora devils zxc simone holiday wildcat horse kramer sterling caesar alabama carrie bondage basketball sports pussycat pickle catch leather shaggy a1b2c3d chronic flowers qaz qqq
robbie admin gracie amber freepass airplane perfect kodiak billybob katana sunset crazy good stingray maria anna snowman phpbb chocolat zeppelin garcia detroit wolves pontiac candy firebird
vagina gundam panzer outlaw time pretty fisher connie honey business trevor redhead hardon greenday tarheels nastya hellfire cobra engineer savage service serenity sasha michele dude lickme
fireball white remember darkstar miranda flash harvey oscar strike freddie pavilion beauty bobafett adam dbrnjhbz jeff bigmac duke clinton bowling jenny natali future harrison jones wallace
swimming apache rulez pyramid dodgers girl whynot fuckit defender teens morris trooper cancer precious packard lucifer popeye weasel raven icecream stewart tanner swordfish blonde sandy
presario rockstar viktor manager cheryl norton control wutang airforce julian atlanta pimp spike thailand looking casino paris mouse lennon bluebird theone hawkeye hacker lisa dustin elaine
nfnmzyf sailor catfish goldfish maxima tattoo barbie light design pervert machine herman wrangler rocks trucks nipples roscoe tornado jerry lights bubble cadillac madman orlando pegasus
target longhorn laura philip browns eatme stefan cannon dilbert baller microsoft winnie christia katie shooter xfiles qazqaz lesbian street seattle corona amateur cthutq prelude beach malibu
freaky assassin integra atlantis pussies dragons iloveu unicorn lonewolf regina stealth kristin tony peewee openup bobcat stacey software newton leonardo student srinivas angelina young
enjoy valentina trigger zaqwsx lolita athena shotgun coyote bruins veronika dollar country joker babydoll lestat wordpass hottie smiley potter random sweety butterfly woody chipper snake
samurai video gizmo maddie devildog valerie mistress flipper express powers soso123aljg cessna teacher goldie moose polaris piglet cookies elena montreal hjvfirf ladies wolfgang fatboy
scully father single wicked daisy fetish foobar castle tickle bunny pepsi balls transam dfvgbh oicu impala sunday booty hotstuff ronnie jasmin ryan gambit toshiba basketba lancer birthday
texas stephani hooker knicks roberto stinger testtest kathleen savannah shamrock benson squirt deftones trucker nick redneck goldberg alfred blaster siemens shelly renegade manson subaru
ibanez blondie hamilton casey swinger reaper cristina minnie mylove harry galaxy lindsay dudley farmer gloria special blahblah enterpri travel babylon bigone sweetpea sugar smoke skeeter
fucked indiana great ficken trfnthbyf freeman curtis smitty marino joanne bigfoot escort babes check larisa trumpet tristan spartan asdfghj sister valera stormy paladin andreas cavalier
marathon hamlet aardvark butterfl bigboobs mister manchester rusty napoleon seven indigo hornet skater jerome pierre wonder toronto rose indians karate buckeyes julie hesoyam fredfred
charger highland sweetie holland chiefs diamonds buckeye aurora hotsex campbell griffin brandi redman passwor chandler drpepper monika maiden elizabeth leonard bernie brown pornstar garden
storm autumn linda thuglife millie jungle pencil tomtom insane pizza timber sherlock mariah audrey hamster aragorn pioneer techno catdog lollol triumph sidney fktrctq none sophia morpheus
island wetpussy hobbit blabla erotic aaron pascal sampson consumer justme marion stones chrissy tyler nadine marie goforit burger pitbull kelsey adgjmptw spartak german karen kissme hunting
kaiser martha colors artist harold bass italia sammie barcelona mario nicolas virgin pebbles sundance isabella overlord emerald callie doggy irina racecar isabelle germany goddess change
wesley nipple basket joejoe holly poison zipper alpine shirley element huskers marcel eddie danny christy pussys sakura chichi inside ultimate dirty nicola ncc1701e blackie omega watson
rommel geronimo nikki caserta trojan philips sergio nugget tarzan bassman warren trixie chicks aleksandr cream webster help sherry manuel portugal dodger anakin bobbob bomber michel madness
superfly q1w2e3r4t5y loser florence yvonne fatcat global ybrbnf energy desire wrinkle soldier bianca sexual warlock martina babe andrei larry seminole peace alejandr westham concrete harris
margaret hector christop naked ladybug network bernard weed tintin qazxswedc trombone chuck pleasure rhbcnbyf home history bluesky sherman logan january onelove cotton christian cdtnkfyf
sunny archie holden whore brianna vfvjxrf titans stallion lindsey singer truck smile party missy hansolo angelo joanna natalia beagle phillip panama smiles juice qawsed inferno moon mongoose
connect kingkong snatch flatron sex4me bluemoon turbo rocker personal emily blessed snakes dominic joey forget finger beetle jamaica alberto mulder jamie susan immortal head passat plastic
dietcoke spunky suck long whiskey monitor giovanni cactus ripper spyder markus planet teen patton exigen sticky waters sluts nolimit daniela hollywoo abigail morrison katrina trunks andy
assass always diana deedee clifford april speed japan mission pickles million sailing freak holmes bonehead fernando ghbdtnbr charlott delta yomama darren rubber newman faster cumming bertha
memphis sylvia open ilovesex maurice hongkong olga jumper unreal geheim rodney nylons sebastia pentium legion shalom kennedy brooks movie dodge dream graham sprite curious pacific loulou
funtime philly ferret niners orion werewolf milton cantona kingdom stars africa office boeing gilbert abgrtyu pirates sheila french sweets cooldude palmer eternity lollipop tottenha stocking
monique anything foster irish jackoff biscuit drizzt camera columbia fossil moomoo makaveli tracey colt robinson isabel martini salmon shasta jersey verbatim maniac snapper satan nasty
solomon patriot jacob standard shaved blackcat asdzxc punkrock raistlin infantry dillon gerald twister ricardo waterloo cjkywt clayton crimson serena oxford maxmax denis flight condor
seinfeld silvia biggie maxine musicman ravens teddy colleen bruce wolfman sharks megadeth cosmos velvet butt keeper foxtrot garrett damien anton sesame skywalke gn56gn banshee cats squirrel
wolverine dogs sunrise rick ghost western grendel sucks roxanne privet legolas frog felix marlin stone herbert lvbnhbq qazwsxed carrot blades frosty stardust helena brownie groovy penny
butler coolio twilight daytona licker peanuts intrepid pikachu trains mollie vanhalen jericho hershey strider lobster punisher grace bird zaq bottom ninja murray kansas shogun goblin search
neptune ball showtime darwin amadeus suzanne fuckfuck oldman bruno showme henry getsome muscle obiwan support rfrfirf skittles ekaterina gold whitney shark maestro anal danni tanker english
tarheel fighter thanks hannibal capital newlife anubis gothic chaos blues cindy sabine roman preston princes brendan slick evelyn python richie tequila boss cody devil clover delete mirage
blood surfing bentley portland potato baggins review porter chubby panasonic sandiego sooners buffy buck tina derrick penelope blackdog harmony fusion dima mature malcolm allen mary buttons
californ safety playtime dagger moscow swallow warriors byteme stimpy gangster lucas christine turner iverson lester chargers liquid mushroom cracker dingdong misty nymets robin bigguy
mobile tazman greg nimrod newpass miami crusader bugger stranger dkflbvbh anastasia marco volume masters monroe miguel doodle collins powder archer gotcha battle dublin slapshot guardian
janice charly septembe photos knights short angelica nookie milano scarlett stuart damian grizzly camille scruffy brasil latino kittycat poopie munchkin lorenzo rammstein bananas barcelon
santiago thegame hell world gerard picasso walnut kolobok blackman wisdom trance starcraft parrot quality blade pink auburn goodluck eatshit dorothy dusty engine coltrane gorilla wheels
katerina tamara postal fuck_inside luther carlo cassidy discover oakland spanking osiris dumbass shaney lonestar ping bridge bingo bender annie stonecol dookie meridian sally megaman racerx
rjntyjr sirius firefly julia alexandra madrid terry griffey women phoebe zaq1xsw weezer beautiful violet ledzep lowrider randy gangsta ghjcnj paradox tacobell loving catalina vertigo
halflife carson sergei shiloh johnjohn sobaka buffett aliens sadie chucky bonjour kangaroo jazz josh thompson sinner socrates keyboard stevie jeep trebor finish dark luke sprint shazam lady
national celica scarlet formula hoover sommer frances hotboy cynthia qwerasdf penguins rebels fuckface elwood melvin vacation kiss ragnarok bollox lexmark mailcreated lorraine claude rockon
duck dodgeram tacoma romeo wookie prodigy tempest vfhecz flames sebastian colombia bang kitkat oblivion mystery sithlord server molson mustangs incubus smoker window scoobydo rescue bigballs
zxcv carpet titleist richmond director lawyer megan juan magnolia celeste melinda lucy wright jimbob golfing kenny roger bobbie xanadu tardis blueeyes hearts dixie pooper shaman mersedes
springer imagine janine kenwood dogg garbage martinez topper roberts lizzie ashton elliott oracle sheena chloe nuttertools mallard analsex shemale mikey asterix faith monkeys imperial jimbo
cooler grateful gillian peterpan kingston yourmom sleepy gremlin printer hudson pa55word stud freckles birdman aussie esther defiant margarita deadhead polo anime tatyana jackal frogger
bridget wayne research tobias mariners rootbeer blondes donnie katrin weather aspirine frederic parola photo children account israel stephanie shaolin noodles celine willy willis forgot
hallo mandy rogers palace santos ohyeah magnus laurie creampie amazon kisses queen ludwig fatass plymouth justdoit assfuck nellie putter broken nopass letsgo bryan bones tatiana camel champs
lightnin massive camelot bosco deanna gizmodo spidey caliente aezakmi goodtime mypass roller catherin active pooh payton lonely redalert brucelee smokin porkchop astros aquarius thankyou
atomic fletcher shopping a1s2d3f mason marian vanilla unknown sapphire temple marvel beckham qazwsxedcrfv kaktus myself sooner blacky hastings blackjac aggies scream picture judith iforgot
kasper cxfcnmt bangkok shitty spectrum eduard vader jammer painter primus veritas ernest kristi chevrole amsterdam slappy valley pete hitler clancy spankme granny avenger usa rosemary husker
candyman beatrice scrappy simba falcons dylan front harder atlantic labrador smudge syracuse southern melody timmy elijah center darling throat stuff fatman krishna sanchez pancho gator
pacman commando vulcan bush clitoris lemons alice boner keith odessa barkley monopoly method kelley sara punkin pineappl celtics lesbians space gangbang bennett area lick flyboy hamburg aaa
asian carol spartans tricky romashka snuggles boat infiniti anders billie life drago blake hermes jesse goose jeremiah vivian annette homerun dead forrest carolyn topcat hayden cosworth
vectra grover goodbye charlotte cuddles bossman horndog doberman gary telefon dawg qawsedrf ivanov durango peugeot franco kyle plumber bell rbhbkk pauline exigent laguna emmanuel webmaster
bowler leopard strong theking redbull alan pics beast viktoria breeze topdog starbuck dance dalton fuckers hungry beefcake reality gjkbyf speaker shelley godsmack clarence writer loveit
kingpin nokia valhalla night starfish anarchy herbie blacks content sailboat desert fitness brando bohica achilles tractor ncc1701a drake bull hidden kicker labtec napass bart pa55w0rd
amelia tuesday frontier swingers caitlin muppet terror legacy farside terminator bella matilda kentucky doughboy ramona butthole phillies jrcfyf camels dannyboy oakley nebraska latin double
qwertyuio sabbath chang pinkfloy homers striker looker fallen maryland luckydog azamat september iguana oklahoma moloko agent vfrcbvrf javier vette daniil command rhonda studio pistol miles
skiing franky stoner conrad select tanya houses boris puppy elliot charmed vladik nathalie whocares maynard vkontakte ihateyou puppies zidane eileen dilligaf crash mandingo moneys tyrone
funny nevada kotenok mystic california budman church carlton rafael technics bone stick golfball rookie panda laptop today jennie triton river trojans bunghole zvezda hurrican central
stripper dale filter jethro snow gustav ivan escape hawk igor aberdeen shane lespaul rfnthbyf enterprise butch dthjybrf cutter splash handsome oilers randall cash nofear cupcake excalibu
momoney gbpltw bigger belinda svetik possum metal moocow brothers bethany keystone babyboy flamingo firefox bogdan ccbill passwort soleil lancelot vipers marilyn tdutybq juliet leader madden
russian australia sabina chase coolman babies skinny zaphod kamikaze verona bacon noodle rebel doobie designer deadman attack vortex killme dogman gopher somethin danila reagan cancel torres
freaks azsxdc sassy donna dracula play poncho bearbear boots engage deskjet bradford hammers deeznuts warhammer tight justine ralph fabian lewis blueblue marissa oregon bubbas sinatra hilton
meatball mailman dawson columbus manchest cthulhu macdaddy mighty michaela grandma ready sterlin cartoon summit sentinel tolkien bicycle blow beverly breast lickit kathy meghan universe
capone jenna julius wendy bryant truelove helen nancy eatpussy hailey chair bowser kathryn sexygirl fernand eleven rockets billyboy military demon davis jamesbon iloveyo traffic saint redhot
microsof sonic miracle microlab gofish pantyhos pilot lifetime rugby mayday aikido nina conner cutlass tree thekid theodore titties sweden function polska danie gang market scotch lansing
elvira bloody sexx hustler anfield coke smut catman bonita tracy sony fast cheers tinman airbus peters china azsxdcfv santana hayley station gabrie scottie orioles charlton saun fortuna
dfkthbz rustam warlord retard fatima ultima kong bigmoney rotten betty grumpy oranges superstar fordf asdfjkl boxing xtreme denali selena zxcasd huskies terminal wilbur kristy wildfire
vladislav bikini thor hollywood mayhem sultan gretchen figaro sixers sparta saratoga running cloud models mojo greenbay cancun marlene trinidad tammy chewie hope number feet crunch bigbird
mellon bigtime fashion piccolo fabie rjirfrgbde rovers meatloaf hyperion sandro rightnow jarhead armani treasure miriam hansen natural lisalisa sport bizkit maradona sayang charli rfhbyf
utopia anaconda japanese camilla coconut govols emerson memory catherine jedi cosmo cruise giant ricky dragoon woofwoof giorgi packer poontang illini christopher davids zaqxsw pedro sticks
revenge exodus reebok chanel albatros cabbage goku wally beaner quincy greens tomato toby chief richards adriana kenworth deborah down cooter dinosaur holyshit eeyore movies dana lionking
creamy adult poodle tsunami happyday knopka bogart corrado volley chickens orgasm whisper flying first chocolate walleye hopper sean twisted chaser memorex ericsson jensen positive crazybab
science frisco dong jose zorro romance sherwood shania rereirf sausage milana tasha vfvekz profit zenith fugazi junebug clemson polniypizdec tootsie fktrcfylhf comics zxcasdqwe vfczyz werner
aspire hardrock condom cocks rachael gringo anhyeuem madeline rich becky canon february alien harper stocks marcos clapton roberta coleman applepie skywalker fubar theresa koshka tundra
vitalik arjay gmoney bigsexy ingrid pillow fingers samiam dean davidson skorpion candle nobody hellyeah better australi drew rockhard boob easy bears sparkle johanna everest rfrnec hedgehog
wolfie surf fart yosemite marisa voyeur baddog brad jazzman dicks tool temp cheetah slacker steele mikemike wood pooppoop barsik valeria deniska br0d3r fright karolina kirsten vfksirf kume
kenshin bootie cyclone starship monty balloon maxell dildo rupert milena bonsai lion salvador greatone vernon slider lillian admiral cecilia stolen albion boys midget fuckin freeporn nikola
hithere damnit dinamo francois cheng calico duchess scratch powell stefano fortune nyjets artemis robotech roadkill backdoor rastaman fiesta felicia alliance fletch jerkoff killbill goliath
cinnamon rambler malaka tekken sojdlg123aljg carrera bangbang jeanette marc fritz ramses default temppass contrasena motdepasse senha heslo wachtwoord
`;

/** The commonest passwords of at least eight characters that are no such word with digits after it. */
const WHOLE = `
p@ssw0rd p@ssword1 p@ssw0rd1 p@ssw0rd123 pa$$w0rd passw0rd1 a1b2c3d4 a1b2c3d4e5 q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1zaq1 aa123456 qwe123rty 1qaz2wsx3edc password1! password123! welcome1!
qwerty123! admin123! welcome@123 admin@123 password@123 pass@123 p@55w0rd abcd@1234 qwerty@123 india@123 1qaz2wsx 1234qwer 1q2w3e4r 1q2w3e4r5t 1qazxsw2 12qwaszx 123456789a 1232323q
12345qwert 123qweasd 123456789q 123qweasdzxc 1234abcd 123qwe123 a1234567 1234567a 1q2w3e4r5t6y 1a2b3c4d 1passwor 1234567q 123456qwerty 8j4ye3uz 123456aa 1234567890q 123456789z 1qa2ws3ed
lineage2 a123456789 nwo4life kcj9wx5n r2d2c3po p0015123 123qwerty 1x2zkg8w zxasqw12 12345678q 1q2w3e4r5 12qw34er montgom240 12345qwe 12345678a z1x2c3v4 123456qw 1234567890a 123qq123
7ugd5hip2j a12345678 9293709b13 50spanks just4fun q2w3e4r5 1234asdf 1a2s3d4f vsjasnel12 wg8e3wjf 123456qwe mazda626 misfit99 1z2x3c4v qwe123qwe mazdarx7 123456789s cbr900rr pool6123
45m2do5bs 12qw12qw asdqwe123 andyod22 yamahar1 f00tball wp2003wp 123456ru noname123 cygnusx1 sasha_007 kordell1 nokian73 pufunga7782 1234zxcv marcius2 12345qwer p4ssw0rd gsxr1000 23skidoo
ghhh47hj7649 12345qwerty 123456789m mash4077 q1234567 q123456789 p0o9i8u7 123qwert 12345abc 123456789d 69camaro 5wr2i7h8 12345qaz 1michael 123456789qwe 7777777a favorite6 segblue2 abcdefg1
1qazxsw23edc 1234rewq 1qazzaq1 1million zxcvb123 123456as 123456qqq left4dead weare138 1qw23er4 aaaa1111 nemrac58 123456789r 1111qqqq 55bgates as123456 1q2q3q4q 1234567aa care1839 myspace1
z1x2c3v4b5 start123 2wsx3edc 123456789v a1a2a3a4 q1q2q3q4q5 123456789o qaz123wsx 1z2x3c4v5b websol76 india123 20spanks timoxa94 1234567890z mazda323 qq123456 1qaz2wsx3edc4rfv ilya1234
pippen33 qw123456 chickenwing101 987654321a quant4307s a1s2d3f4g5 3rjs1la7qe chevys10 911turbo 0o9i8u7y 1mustang favorite2 groupd2013 1password futyn007 madala11 123qwe123qwe q1q2q3q4
newproject2004 3edc4rfv 1a2s3d4f5g pussy4me j3qq4h7h2v 12locked 123456789p corvet07 a123456a 12345asd sevenof9 revival47 123456789l sk8ordie 1234kekc 123456qq 123456ab zxcvb12345 1a2b3c4d5e
123mudar l58jkdjp! 1a2a3a4a 123qweas sanity72 rt6ytere rb26dett lebron23 1letmein 0000000000o domainlock2005 yamahar6 basebal1 r4e3w2q1 x72jhhu3z 123456asd p455w0rd !qaz2wsx 67camaro
12qwerty f15eagle cbr600rr 123456789k saab9000 17171717aa jbond007 12s3t4p55 hd764nw5d7e1vb1 5tgb6yhn a1a2a3a4a5 1basebal cezer121 123hfjdk147 lotus123 4rfv3edc 123qwe456 zz8807zpl emmitt22
8phrowz622 vegas123 rebbyt34 123masha 1hxboqg2 c3por2d2 redwing1 085tzzqi usmc0311 063dyjuy luv2epus 44magnum 5hsu75kpot 123456abc r2d2c3p0 year2005 strange1 1qaz!qaz 8phrowz624 mapet123456
1asshole postov1000 ilya1992 33rjhjds thelast1 1footbal 151nxjmt aaaaaaa1 2wsxzaq1 trustn01 123321qwe 7hrdnw23 zaq1xsw2cde3 footbal1 favorite8 1a2a3a4a5a favorite7 nokian70 gy3yt2rgls
asd123asd mnbvcxz1 1jennife 123456789abc boscoe01 q1234567890 123456789n pi314159 1234567u 68camaro admin18533362 trader12 mounta1n camaroz2 1qay2wsx 2wsxcde3 qqqq1111 123456zxc
23176djivanfros 123456789qwerty nonrev67 vlad1996 cvzefh1gkc damage11 1diamond 3edcvfr4 isacs155 w1w2w3w4 save13tx psychnaut1 4r3e2w1q fatluvr69 xsw21qaz slimed123 1q2q3q4q5q 1234567z
oc247ngucz 1111111111zz porn4life oceans11 2112rush 123123123q hot2trot 1111aaaa vaz21099 123123qwe vermont1 1357911q chevyz71 sk84life 123456789w 12344321q 380zliki t34vfrc1991 123456qaz
123qaz123 123456789qaz 4rfv5tgb piazza31 1234qwerty 4904s677075 007james 1william steeler1 013cpfza 12345trewq 1234rmvb 10inches q8zo8wzq 3stooges ibill123 123asd123 gnasher23 dad2ownu
hhhhhhh1 154ugeiu 111111aa 383pdjvl 2w3e4r5t doma77ns venom121293 free4all welkom01 12345zxcvb jennife1 a7777777 mazdarx8 locoman0 1patrick usmc1775 qwe123asd lost4815162342 art131313
12345678c l8g3bkde just4you pxx3eftp hihje863 dapzu455 postov10 2sexy2ho cidkid86 verizon1 favorite5 123qwe321 11223344q 1234567890s cadr14nu ready2go satana666 sochi2014 123456789g fffffff1
zzzzzzz1 1charlie dgl70460 take8422 acun3t1x rasta220 1thunder 12monkey qw12er34 1fuckyou aq1sw2de3 123456789x 89231243658s devilmaycry4 another1 mama1234 dasha123 gznybwf13 assa1234
combat123654 xaccess2 vlad1997 12e3e456 xsw23edc poiu0987 qqqqqqq1 efbcapa201 ddddddd1 xakep1234 2wsx1qaz yy5rbfsc 1972chev gsxr1100 jamesbond007 ptfe3xxp 123123123a a987654321 dont4get
123123qweqwe note1234 123456789b year2000 jameson1 4815162342lost love4ever q12345678 335533aa 999111999q shadows1 4z34l0ts swimmer1 123456789qqq senha123 wrest666 12345678z 123456789t
qq123456789 78n3s5af nokian95 ozlq6qwm bbbbbbb1 jjjjjjj1 abcde123 368ejhih 808state 1bigdick iqzzt580 yvtte545 ikilz083 554uzpad hzze929b sanity729 1qwertyu zenit2011 abcdef123 1234qwerasdf
pass1word zx123456 jg3h4hfn 123qwe456rty 1234567890qw vlad7788 1234567d mom4u4mm danil8098 sevilia1 r3ady41t 1superma br00klyn cab4ma99 m6cjy69u35 baseba11 comcast1 1pass1page 1qa2ws3e
3syqo15hil d1i2m3a4 asfnhg66 fhntv1998 11qq22ww 1sexyred myxworld4 0raziel0 11c645df 14vbqk9p ab123456 863abgsg corvett1 2bigtits nohack04 mwq6qlzo 201jedlz lzbs2twz ffvdj474 551scasi
primetime21 2b8riedt ssptx452 tmjxn151 yqlgr667 1scooter money4me koetsu13 gerrity1 zx123456789 saun24865709 hopkins1 fiction7 111222333a m1234567 fallout2 sdsadee23 yfcnz123 q1w2e3r4t5y6u7
4z3al0ts shygirl1 dupont24 kimber45 123456789f mittens1 777angel xzsawq21 1234qwert d1lakiss 4506802a mimi92139 kodaira52 klingon1 989244342a 1wildcat 1compute 686xqxfg 090808qwe 1aaaaaaa
495rus19 caveman1 123456zx eternal1 csfbr5yy mick7278 yxkck878 565hlgqo luv2fuck gsgba368 80070633pc ingram01 makeksa11 allstar1 abc123abc gfif1991 123as123 shearer9 eae21157 123zxc123
aa123321 poiu1234 angelo4ek 1236987z 123456789qw episode1 1qa2ws3ed4rf 1chicken 12345zxc z123456789 assword1 1qwerty1 1234567t 123456789zxc vw198m2n maxim1935 wenef45313 260zntpc phish420
hawkdog79 427cobra 5t6y7u8i zaq11qaz jo9k2jw2 oqglh565 640xwfkv 19mtpgam19 cubbies1 parol999 1234567w djg4bb4b pistons1 searock6 24pnz6kc tuczno18 playstation3 tm371855 quantum1 123456789qq
hshfd4n279 343104ky fkbyf001 1jessica masha123 colole57 ajcuivd289 w8gkz2x1 7777755102q 1samanth fallout3 kickass1 paulina1 bmw325is metro2033 1melissa redskin1 yzerman1 yes90125 sex12345
fkg7h4f3v6 0okm9ijn sveta123 s456123789 p4ssword shock123 zz123456 1starwar 1zxcvbnm 123456789aa volvos40 arwpls4u ou8124me yyyyyyy1 1phoenix qcmfd454 2kash6zq jalal123 my3girls sk8board
1234567890qwe cubswin1 el546218 florian1 8letters tvxtjk7r rattolo58 1234567r az123456 volvo850 qaz1wsx2 nihao123 4815162342a k1234567 section8 11111111a starwar1 rambo123 ghhh47hj764
1panther 1matthew jillian1 seventy7 cyclops1 sc0tland 5t4r3e2w1q bmw330ci b0ll0cks z1234567 q1w2e3r4t5y6u7i8 zqjphsyf6ctifgu noncapa0 tyrik123 k9dls02a 1hxboqg2s lhbjkjubz2957704 devo2706
tamwsn3sja denman85 opopop11 134kzbip 1bulldog 1qazxcvb cisco123 545ettvy 2wj2k9oj 213qwe879 123456ss vg08k714 1chelsea 1ferrari eeeeeee1 23jordan dante123 uiegu451 7ovtgimc 766rglqy
xxxxxxx1 lsdlsd12 1qazxsw23edcvfr4 123456zz onlyone4 3xbobobo peekab00 9379992a a9387670a 1111111q a1l2e3x4 zaq123wsx lena2010 4321rewq 123qweqwe liverp00l yanshi1982 chuckie1 tracker1
camaroz28 macsan26 natas666 12qw34er56ty gunther1 manning1 war3demo 23wesdxc blunt420 t3fkvkmj bob12345 123321qq 1234567890w parol123 sssssss1 kondom25 1211123a dimon4ik vlad1995 6458zn7a
lithium1 bearcat1 12345abcde sd3lpgdr 1corvett 669e53e1 len2ski1 474jdvff 625vrobg damned69 cde34rfv sh4d0w3d gfxqx686 2b4dnvsx 254xtpss rlzwp503 quant4307 lvjdp383 shrike01 qpful542
volvos80 gunners1 a19l1980 abcde12345 1qaz3edc 123456aaa jumpman23 lsia9dnb9y 123456789i jor23dan 221195ws oktober7 ktnj2010 a1234567890 z123456z wildman1 1qaz@wsx artem2010 windsor1
1234554321q dolemit1 15s9pu03 artem123 1234567k cruiser1 quattro6 breaker1 hxp4life boy4u2ownnyc explore1 2bornot2b 1234567b 1heather 2bornot2 c43qpul5rz bologna1 741852kk d78unhxq redwood1
cornell1 finance1 dignity7 4cranker q123456q pasha123 runescape1 7f4df451 lopas123 generic1 fk8bhydb winnipeg261 my2girls mustard1 12345678qwe 1j9e7f6f masterb8 1zzzzzzz ggggggg1 1rosebud
mxaigtg5 an83546921an13 1grizzly 1richard compute1 305pwzlr yr8wdxcq iloveme1 spawn666 sam138989 7u8i9o0p 1958proman 454dfmcq astra123 123qazwsx bartman1 bb123456 jigei743ks 123456789as
adxel187 cjxb2014 42qwerty42 7653ajl1 123321qweewq 0987654321a 1029384756q merrill1 1234567v italian1 033028pw m1garand trailer1 eastern1 favorite3 maureen1 gerrard8 19371ayj auckland2010
4freedom r3vi3wpass gobuffs2 w2dlww3v5p leto2010 6xe8j2z4 eduardo1 1freedom mancity1 ziggy123 counter1 poppy123 987654321z s7fhs127 premier1 1234567890zzz 4809594q mangust6403 aa1111aa
1234567s 12345678s 0p9o8i7u vlad1998 vika2010 32615948worms mariner1 1ccccccc bulls123 s1234567 o4izdmxu 878kckxy project1 qaz12wsx 1cowboys arnster55 glock9mm 4gxrzemq jtuac3my qmpq39zr
4g3izhox at4gftlw ljb4dt7n 7ertu3ds u4slpwra 1sunshin 6jhwmqku b929ezzh 9kyq6fge 12345asdfg 682regkh yujyd360 sr20dett 7gorwell 567rntvm heat7777 1butthea skate123 sebora64 1qwertyuiop
clipper1 acmilan1 112233aa 2502557i 123456789e gordolee85 212121qaz magpies1 38gjgeuftd mama2010 alena2010 paula123 alfredo1 alino4ka twenty20 6339cndh 1111111a 1dolphin pancake1 sunsh1ne
a32tv8ls bacardi1 oleg1995 hummerh2 volvov70 superma1 beaches1 1steeler branden1 26429vadim chinese1 p1234567 schalke0 sintesi07 lp2568cskt coolguy1 canucks1 nhfdvfnjkju123 1w2w3w4w str8edge
cahek0980 nissan350z zippy123 311music zxc123zxc 1qasw23ed volvo240 pon32029 1234567l max33484 radical1 fifa2008 000777fffa 41d8cd98f00b 4311111q 12345678m lololyo123 01081988m
nemvxyheqdd5oqxyxyzi adv12775 19952009sa kr9z40sy 248ujnfk poochie1 1charles wifey200 ololo123 ceisi123 susanne1 f8yruxoj 1jeffrey iiiiiii1 267ksyjf ac2zxdty animals1 nokia6230i hunt4red
cptnz062 ndshnx4s wnmaz7sd 8xuuobe4 cmu9ggzh up9x8rww deflep27 lewie622 kzsfj874 kayla123 12345rewq xohzi3g4 kfnju842 nccpl25282 705499fh 123456789y spam967888 123321qaz psw333333 1tiffany
vaz21093 ch1tt1ck masha1998 moom4242 1q3e5t7u
`;

const stems = new Set(STEMS.trim().split(/\s/u));
const whole = new Set(WHOLE.trim().split(/\s/u));

/** Runs of digits as they are typed, and as many others as a year, a date or a birthday has. */
const ADDED_DIGITS = /^(?:\d{0,6}|0?12345678?9?0?|987654321|(?<digit>\d)\k<digit>+)$/u;

/** Whether a password is among the commonest, in any case, or a common word with a few digits after it. */
export function isCommonPassword(password: string): boolean {
  const folded = password.toLowerCase();
  if (whole.has(folded)) return true;
  const stem = folded.replace(/\d+$/u, "");
  return stems.has(stem) && ADDED_DIGITS.test(folded.slice(stem.length));
}
