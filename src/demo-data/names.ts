/** Where merchants are, what they are called, and what their customers are called. */
export interface Region {
  timezone: string;
  city: string;
  shops: readonly string[];
  givenNames: readonly string[];
  familyNames: readonly string[];
  familyNameFirst?: true;
}

export const regions: readonly Region[] = [
  {
    timezone: 'Europe/Berlin',
    city: 'Berlin',
    shops: ['Kaffeerösterei Lindenhof', 'Bäckerei Morgenrot', 'Buchhandlung am Ufer', 'Feinkost Wagner'],
    givenNames: ['Anna', 'Jonas', 'Mehmet', 'Lena', 'Felix', 'Greta', 'Paul', 'Zeynep'],
    familyNames: ['Schneider', 'Yılmaz', 'Krüger', 'Hoffmann', 'Lange', 'Weiß', 'Nowak', 'Brandt'],
  },
  {
    timezone: 'America/New_York',
    city: 'New York',
    shops: ['Hudson Coffee Roasters', 'Mulberry Street Books', 'Ninth Avenue Deli', 'Brooklyn Bicycle Works'],
    givenNames: ['Grace', 'Marcus', 'Sofia', 'Tyler', 'Aaliyah', 'Daniel', 'Hannah', 'Luis'],
    familyNames: ['Johnson', 'Rivera', 'Goldberg', 'Washington', "O'Brien", 'Chen', 'Patel', 'Murphy'],
  },
  {
    timezone: 'Asia/Tokyo',
    city: '東京',
    shops: ['喫茶すみれ', '神田書房', '青空ベーカリー', '銀座文具店'],
    givenNames: ['陽菜', '蓮', '結衣', '大翔', 'さくら', '悠真', '美咲', '健太'],
    familyNames: ['佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村'],
    familyNameFirst: true,
  },
  {
    timezone: 'Australia/Sydney',
    city: 'Sydney',
    shops: ['Harbour Espresso', 'Bondi Surf & Sail', 'Newtown Records', 'The Rocks Bakehouse'],
    givenNames: ['Olivia', 'Jack', 'Matilda', 'Noah', 'Kirra', 'Liam', 'Isla', 'Angus'],
    familyNames: ['Wilson', 'Nguyen', 'Campbell', 'Kelly', 'Walker', 'Papadopoulos', 'Reid', 'Singh'],
  },
  {
    timezone: 'America/Sao_Paulo',
    city: 'São Paulo',
    shops: ['Café da Vila', 'Livraria Ipiranga', 'Padaria Bela Vista', 'Mercado Pinheiros'],
    givenNames: ['Beatriz', 'João', 'Larissa', 'Thiago', 'Camila', 'Rafael', 'Júlia', 'Caio'],
    familyNames: ['Silva', 'Oliveira', 'Souza', 'Ferreira', 'Almeida', 'Gonçalves', 'Nakamura', 'Rocha'],
  },
  {
    timezone: 'Asia/Kolkata',
    city: 'Mumbai',
    shops: ['Marine Drive Tea House', 'Colaba Book Depot', 'Bandra Sweets', 'Monsoon Textiles'],
    givenNames: ['Aarav', 'Priya', 'Rohan', 'Ananya', 'Imran', 'Meera', 'Vikram', 'Diya'],
    familyNames: ['Sharma', 'Iyer', 'Khan', 'Desai', 'Fernandes', 'Reddy', 'Kulkarni', 'Mehta'],
  },
  {
    timezone: 'Europe/London',
    city: 'London',
    shops: ['Bermondsey Coffee', 'Lamb & Flag Books', 'Camden Cheese Room', 'Thames Outdoor'],
    givenNames: ['Amelia', 'Oscar', 'Zara', 'Harry', 'Poppy', 'Kwame', 'Freya', 'Callum'],
    familyNames: ['Taylor', 'Davies', 'Hussain', 'Evans', 'Okafor', 'Wright', 'Begum', 'Clarke'],
  },
  {
    timezone: 'Pacific/Auckland',
    city: 'Auckland',
    shops: ['Kererū Coffee', 'Ponsonby Pantry', 'Long White Cloud Outfitters', 'Piha Surf Shop'],
    givenNames: ['Aroha', 'Nikau', 'Charlotte', 'Tane', 'Mia', 'Wiremu', 'Ruby', 'Hamish'],
    familyNames: ['Ngata', 'Thompson', 'Tūhoe', 'Brown', 'Faleafa', 'Stewart', 'Parata', 'Mitchell'],
  },
  {
    timezone: 'America/Los_Angeles',
    city: 'Los Angeles',
    shops: ['Silver Lake Roastery', 'Sunset Vinyl', 'Venice Juice Bar', 'Echo Park Plants'],
    givenNames: ['Mateo', 'Chloe', 'Ethan', 'Ximena', 'Jayden', 'Naomi', 'Diego', 'Harper'],
    familyNames: ['Garcia', 'Kim', 'Martinez', 'Anderson', 'Tran', 'Lopez', 'Jackson', 'Petrosyan'],
  },
  {
    timezone: 'Africa/Johannesburg',
    city: 'Johannesburg',
    shops: ['Maboneng Coffee', 'Rosebank Books', 'Jozi Sneaker Lab', 'Melville Kitchen'],
    givenNames: ['Thandiwe', 'Sipho', 'Lerato', 'Pieter', 'Naledi', 'Themba', 'Zanele', 'Johan'],
    familyNames: ['Dlamini', 'Nkosi', 'van der Merwe', 'Mokoena', 'Naidoo', 'Botha', 'Khumalo', 'Sithole'],
  },
  {
    timezone: 'America/St_Johns',
    city: "St. John's",
    shops: ['Jellybean Row Coffee', 'Signal Hill Outfitters', 'Puffin & Quill Books', 'Harbourfront Fish'],
    givenNames: ['Emma', 'Gerald', 'Siobhan', 'Wade', 'Nora', 'Cyril', 'Bridget', 'Dermot'],
    familyNames: ['Murphy', 'Power', 'Walsh', 'Penney', 'Butt', 'Noseworthy', 'Dunne', 'Parsons'],
  },
  {
    timezone: 'Asia/Kathmandu',
    city: 'Kathmandu',
    shops: ['Himalayan Beans', 'Thamel Trek & Gear', 'Pilgrims Reading Room', 'Momo Corner'],
    givenNames: ['Sunita', 'Bikash', 'Asmita', 'Pemba', 'Sarita', 'Rajesh', 'Dolma', 'Kiran'],
    familyNames: ['Shrestha', 'Gurung', 'Sherpa', 'Tamang', 'Thapa', 'Adhikari', 'Rai', 'Maharjan'],
  },
];
